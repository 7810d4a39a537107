import { HooklineError } from '../../core/errors.ts';
import type { MediaId, TenantId } from '../../core/ids.ts';
import type { KeptFile } from '../../core/message.ts';
import type { SessionRef } from '../../core/session.ts';
import type { ApiRequest } from '../../http/route.ts';
import type { Directories } from '../../messages/directory/directories.ts';
import type { MediaLibrary } from '../../messages/media/library.ts';
import type { Outbox } from '../../messages/sends/outbox.ts';
import { onceThere, type SendPorts, sendNow } from '../sent.ts';
import { acceptedOf, fileOf } from './answers.ts';
import { idIn, isWhole } from './ids.ts';
import { type Choices, type Message, sendOf, wrong } from './requests.ts';
import { TypingIndicators } from './typing.ts';

export interface MessagePorts extends SendPorts {
  outbox: Pick<Outbox, 'accept' | 'get' | 'called'>;
  directories: Pick<Directories, 'chats'>;
  media: Pick<MediaLibrary, 'add' | 'get' | 'open' | 'remove'>;
  choices: Choices;
  /** Where the hub is, as whoever asks reaches it. */
  originOf(header: Header): string;
}

type Header = (name: string) => string | undefined;
export type OnPhone<Body = unknown, Query = unknown> = ApiRequest<Query, Body, SessionRef>;

/** A send waits no longer (ms), so that its answer comes before its client gives up: ky, which many of them are built on, does after 10 s. */
const LONGEST_WAIT = 5_000;

export function messageHandlers(ports: MessagePorts) {
  const { outbox, ledger, directories, media, clock, choices } = ports;
  const sendPorts = { ...ports, answerWithin: Math.min(ports.answerWithin, LONGEST_WAIT) };
  const typing = new TypingIndicators({ chats: directories.chats, ledger, clock });

  /** A message of this session that a body names; `not-found` where there is none. */
  const called = async (session: SessionRef, named: string) => {
    const found = await outbox.called(session, idIn(named));
    if (found) return found;
    throw new HooklineError('not-found', `The message "${named}" is not known here`);
  };
  /** As the hub takes it in a send: WhatsApp may know of messages that the hub has none of. */
  const idOf = (session: SessionRef) => async (named: string) => (isWhole(idIn(named)) ? idIn(named) : (await called(session, named)).id);

  /** Meta tells all that becomes of it later, in statuses; here what goes wrong at once is told at once, too, for whoever hears of none. */
  const send = async (request: OnPhone<Message>) =>
    acceptedOf(await sendNow(request, await sendOf(request.body, { choices, idOf: idOf(request.target) }), sendPorts), request.body.to);

  const read = async ({ target, body }: OnPhone<Message>) => {
    if (!body.message_id) throw wrong('message_id', 'is missing: the message that was read');
    const { chat } = await called(target, body.message_id);
    await directories.chats.seen(target, chat.id);
    if (body.typing_indicator) await typing.show(target, chat.id);
    return { success: true };
  };

  return {
    messages: (request: OnPhone<Message>) => (request.body.status === 'read' ? read(request) : send(request)),

    async upload({ tenantId, body: { file } }: OnPhone<{ file: { kept: KeptFile; filename?: string } }>) {
      const { id } = await media.add(tenantId, file.kept, file.filename);
      return { id: id as string };
    },

    /** Its clients ask as soon as they hear of a message, when its file may still be on its way. */
    async file(tenantId: TenantId, id: MediaId, header: Header) {
      const found = await onceThere(
        () => media.get(tenantId, id),
        ({ status }) => status !== 'pending',
        ({ type, json }) => type.startsWith('media.') && json.includes(id),
        { ledger, clock, within: ports.answerWithin },
      );
      const { sha256, size } = await media.open(tenantId, id);
      return fileOf(found, { sha256, size, url: `${ports.originOf(header)}/api/media/${id}` });
    },

    async removeFile(tenantId: TenantId, id: MediaId) {
      await media.remove(tenantId, id);
      return { success: true };
    },
  };
}
