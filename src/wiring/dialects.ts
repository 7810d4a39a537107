import type { Config } from '../config/load.ts';
import type { DialectName } from '../core/dialects.ts';
import type { Runtime } from '../core/runtime.ts';
import type { SessionRef } from '../core/session.ts';
import { VERSION } from '../core/version.ts';
import { EVOLUTION } from '../dialects/evolution/dialect.ts';
import { groupHandlers } from '../dialects/evolution/groups.ts';
import { instanceHandlers } from '../dialects/evolution/instances.ts';
import { messageHandlers } from '../dialects/evolution/messages.ts';
import { evolutionRoutes } from '../dialects/evolution/routes.ts';
import { keyOf } from '../http/idempotency.ts';
import { openApiDocument } from '../http/openapi.ts';
import type { Route } from '../http/route.ts';
import { Send } from '../http/shapes/sends.ts';
import { validate } from '../http/validate.ts';
import { toChatId } from '../messages/recipients.ts';
import type { Rooms } from './rooms.ts';

/** The routes for the clients of other products, as far as they are turned on. */
export function dialectRoutes(config: Config, { clock }: Pick<Runtime, 'clock'>, rooms: Rooms): Route[] {
  const { sessions, outbox, ledger, directories, addresses, media, handoffs } = rooms;
  const messagePorts = {
    ...{ outbox, ledger, sessions, directories, addresses, media, clock },
    ...{ readSend: (body: unknown) => validate(Send, body, 'invalid-body'), idempotencyKeyOf: keyOf },
    async handOff(session: SessionRef, chat: string, on: boolean) {
      const id = await addresses.knownAs(session, toChatId(chat, 'remoteJid'));
      return on ? handoffs.begin(session, id, { by: 'api' }) : handoffs.end(session, id);
    },
    answerWithin: config.dialectAnswerWithinSeconds * 1_000,
  };
  const routesOf: Record<DialectName, () => Route[]> = {
    evolution() {
      let document: object | undefined;
      const routes: Route[] = evolutionRoutes({
        instances: instanceHandlers({ sessions, clock }),
        messages: messageHandlers(messagePorts),
        groups: groupHandlers({ groups: directories.groups, outbox }),
        describe: async () => {
          document ??= openApiDocument(routes, VERSION, EVOLUTION);
          return document;
        },
      });
      return routes;
    },
  };
  return config.dialects.flatMap((name) => routesOf[name]());
}
