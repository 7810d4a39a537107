import type { Config } from '../config/load.ts';
import type { DialectName } from '../core/dialects.ts';
import type { Runtime } from '../core/runtime.ts';
import type { SessionRef } from '../core/session.ts';
import { VERSION } from '../core/version.ts';
import { accountHandlers as cloudAccounts } from '../dialects/cloud/accounts.ts';
import { CLOUD } from '../dialects/cloud/dialect.ts';
import { messageHandlers as cloudMessages } from '../dialects/cloud/messages.ts';
import { cloudRoutes } from '../dialects/cloud/routes.ts';
import { webhookHandlers as cloudWebhooks } from '../dialects/cloud/webhooks.ts';
import { EVOLUTION } from '../dialects/evolution/dialect.ts';
import { groupHandlers } from '../dialects/evolution/groups.ts';
import { instanceHandlers } from '../dialects/evolution/instances.ts';
import { messageHandlers } from '../dialects/evolution/messages.ts';
import { evolutionRoutes } from '../dialects/evolution/routes.ts';
import { instanceWebhooks, webhookHandlers } from '../dialects/evolution/webhooks.ts';
import { WAHA } from '../dialects/waha/dialect.ts';
import { directoryHandlers as wahaDirectory } from '../dialects/waha/directory.ts';
import { hooksOf } from '../dialects/waha/hooks.ts';
import { messageHandlers as wahaMessages } from '../dialects/waha/messages.ts';
import { wahaRoutes } from '../dialects/waha/routes.ts';
import { sessionHandlers as wahaSessions } from '../dialects/waha/sessions.ts';
import { WPPCONNECT } from '../dialects/wppconnect/dialect.ts';
import { messageHandlers as wppconnectMessages } from '../dialects/wppconnect/messages.ts';
import { wppconnectRoutes } from '../dialects/wppconnect/routes.ts';
import { sessionHandlers as wppconnectSessions } from '../dialects/wppconnect/sessions.ts';
import { webhookOf } from '../dialects/wppconnect/webhook.ts';
import { presentedKey } from '../http/auth.ts';
import { keyOf } from '../http/idempotency.ts';
import { openApiDocument } from '../http/openapi.ts';
import { ownOrigin } from '../http/own-page.ts';
import type { Dialect, Route } from '../http/route.ts';
import { FilePart } from '../http/shapes/media.ts';
import { Send, SendForm } from '../http/shapes/sends.ts';
import { validate } from '../http/validate.ts';
import { toChatId } from '../messages/recipients.ts';
import type { Rooms } from './rooms.ts';

/** The routes for the clients of other products, as far as they are turned on. */
export function dialectRoutes(config: Config, { clock }: Pick<Runtime, 'clock'>, rooms: Rooms): Route[] {
  const { sessions, outbox, ledger, directories, addresses, media, handoffs, endpoints, keys } = rooms;
  const answerWithin = config.dialectAnswerWithinSeconds * 1_000;
  const messagePorts = {
    ...{ outbox, ledger, sessions, directories, addresses, media, clock },
    ...{ readSend: (body: object) => validate('file' in body ? SendForm.schema : Send, body, 'invalid-body'), idempotencyKeyOf: keyOf },
    async handOff(session: SessionRef, chat: string, on: boolean) {
      const id = await addresses.knownAs(session, toChatId(chat, 'remoteJid'));
      return on ? handoffs.begin(session, id, { by: 'api' }) : handoffs.end(session, id);
    },
    answerWithin,
  };
  const routesOf: Record<DialectName, () => Route[]> = {
    evolution() {
      const webhooks = instanceWebhooks({ endpoints, originOf: ownOrigin });
      return described(EVOLUTION, (describe) =>
        evolutionRoutes({
          instances: instanceHandlers({ sessions, keys, webhooks, clock }),
          messages: messageHandlers(messagePorts),
          groups: groupHandlers({ groups: directories.groups, outbox }),
          webhooks: webhookHandlers(webhooks),
          filePart: FilePart,
          describe,
        }),
      );
    },
    waha() {
      const messages = wahaMessages({ ...messagePorts, originOf: ownOrigin });
      const { seenBy } = messages;
      return described(WAHA, (describe) =>
        wahaRoutes({
          sessions: wahaSessions({ sessions, clock, hooks: hooksOf({ endpoints, originOf: ownOrigin }) }),
          messages,
          directory: wahaDirectory({ directories, addresses, outbox, seenBy }),
          version: async () => ({ version: VERSION, engine: 'WPP', tier: 'PLUS', browser: config.chromium.path ?? null }),
          describe,
        }),
      );
    },
    wppconnect: () =>
      described(WPPCONNECT, (describe) =>
        wppconnectRoutes({
          sessions: wppconnectSessions({ sessions, keyOf: presentedKey, setWebhook: webhookOf(endpoints), clock }),
          messages: wppconnectMessages(messagePorts),
          filePart: FilePart,
          describe,
        }),
      ),
    cloud() {
      const messages = cloudMessages({ ...messagePorts, originOf: ownOrigin, choices: config.dialectChoices });
      const accounts = cloudAccounts({ sessions, ledger, clock, answerWithin, keyOf: presentedKey, file: messages.file });
      return described(CLOUD, (describe) =>
        cloudRoutes({ messages, accounts, webhooks: cloudWebhooks({ endpoints }), filePart: FilePart, describe }),
      );
    },
  };
  return config.dialects.flatMap((name) => routesOf[name]());
}

/** `describe` answers with the description of the routes among which it is. */
function described(dialect: Dialect, routesWith: (describe: () => Promise<object>) => Route[]): Route[] {
  let document: object | undefined;
  const routes: Route[] = routesWith(async () => {
    document ??= openApiDocument(routes, VERSION, dialect);
    return document;
  });
  return routes;
}
