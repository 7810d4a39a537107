/** From what the page hears to the hub's own words. Pure. */
import type { Notice, ParticipantsAction, Party, PresenceState } from '../../../../core/message.ts';
import type { Milliseconds } from '../../../../core/runtime.ts';
import type { Heard, WireParty } from '../page/page-hear.ts';
import { listIn, need, objectIn, textIn } from './fields.ts';

/** WhatsApp's words for how a person shows → the hub's. */
const STATES: Record<string, PresenceState> = {
  available: 'available',
  unavailable: 'unavailable',
  typing: 'typing',
  composing: 'typing',
  recording: 'recording',
  recording_audio: 'recording',
};
const ACTIONS: readonly string[] = ['add', 'remove', 'promote', 'demote', 'join', 'leave'] satisfies ParticipantsAction[];

export function presenceState(word: string): PresenceState | undefined {
  return STATES[word];
}

/** Null for what the hub has no word for; throws for what cannot be made out. A time that is none is NaN. */
export function mapNotice(heard: Exclude<Heard, { kind: 'receipt' | 'pairing-code' | 'unreadable' }>): Notice | null {
  const at = milliseconds(need(objectIn(heard, 'heard'), 'heard').t);
  switch (heard.kind) {
    case 'reaction': {
      const emoji = textIn(heard.emoji, 'emoji') || null;
      return { kind: 'reaction', at, ...about(heard), by: party(heard.by), emoji };
    }
    case 'edited':
      return { kind: 'edited', at, ...about(heard), by: party(heard.by), text: need(textIn(heard.text, 'text'), 'text') };
    case 'revoked':
      return { kind: 'revoked', at, ...about(heard), by: heard.by && party(heard.by) };
    case 'poll-vote': {
      const { target, chat } = about(heard);
      const options = listIn(heard.options, 'options', (option, field) => need(textIn(option, field), field));
      return { kind: 'poll-vote', at, target, chat, by: party(heard.by), options };
    }
    case 'presence': {
      const state = presenceState(heard.state);
      return state ? { kind: 'presence', at, chat: address(heard.chat, 'chat'), by: party(heard.by), state, lastSeenAt: null } : null;
    }
    case 'participants': {
      const { chat, action, participants, by } = heard;
      if (!ACTIONS.includes(action)) return null;
      return {
        kind: 'participants',
        at,
        chat: address(chat, 'chat'),
        action: action as ParticipantsAction,
        participants: listIn(participants, 'participants', (one) => party(one as WireParty)),
        by: by && party(by),
      };
    }
    case 'call':
      return { kind: 'call', at, callId: address(heard.callId, 'callId'), by: party(heard.by), video: heard.video, group: heard.group };
    default:
      throw new TypeError('It is nothing that the hub knows of');
  }
}

/** wa-js passes on seconds here and milliseconds there. */
export function milliseconds(t: unknown): Milliseconds {
  if (typeof t !== 'number') return Number.NaN;
  return t < 100_000_000_000 ? t * 1000 : t;
}

const address = (value: unknown, field: string): string => need(textIn(value, field) || undefined, field);

/** The message that it is about. */
function about({ target, fromMe }: { target: unknown; fromMe?: boolean }) {
  const id = address(target, 'target');
  return { target: id, chat: address(id.split('_')[1], 'target'), fromMe: fromMe === true };
}

function party(wire: WireParty): Party {
  const id = address(need(objectIn(wire, 'by'), 'by').id, 'by.id');
  const [phone, name] = [textIn(wire.phone, 'by.phone') ?? null, textIn(wire.name, 'by.name') ?? null];
  const username = textIn(wire.username, 'by.username');
  return { id, lid: id.endsWith('@lid') ? id : null, phone, name, ...(username && { username }) };
}
