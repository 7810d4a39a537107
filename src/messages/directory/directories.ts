import { Chats } from './chats.ts';
import { Contacts } from './contacts.ts';
import { Groups } from './groups.ts';
import { Reach, type ReachPorts } from './reach.ts';

/**
 * What the phone of a session knows and can do besides messages. Everything is asked of the phone at once, nothing of it is
 * kept here; without a connection each call rejects with `session-not-connected`.
 */
export class Directories {
  readonly contacts: Contacts;
  readonly chats: Chats;
  readonly groups: Groups;

  constructor(ports: ReachPorts) {
    const reach = new Reach(ports);
    this.contacts = new Contacts(reach);
    this.chats = new Chats(reach);
    this.groups = new Groups(reach);
  }
}
