import type { Route } from './route.ts';

/** Where the words of the path do not say what a person would call it. */
const NAMES: Record<string, string> = {
  'GET /': 'getHome',
  'GET /docs': 'getDocs',
  'GET /openapi.json': 'getOpenApi',
  'GET /asyncapi.json': 'getAsyncApi',
  'GET /postman.json': 'getPostmanCollection',
  'GET /docs.js': 'getDocsScript',
  'GET /metrics': 'getMetrics',
  'GET /api/audit': 'listAudit',
  'GET /api/quarantine': 'listQuarantine',
  'GET /api/limits': 'getLimits',
  'GET /api/egress': 'getEgress',
  'GET /api/events/ws': 'openEventSocket',
  'GET /api/flows/schema.json': 'getFlowSchema',
  'GET /api/flows/test.schema.json': 'getFlowTestSchema',
  'GET /api/flows/:name/tests': 'getFlowTests',
  'PUT /api/flows/:name/tests': 'putFlowTests',
  'GET /api/stats/messages': 'countMessages',
  'GET /api/webhooks/:id/stats': 'getWebhookStats',
  'POST /api/webhooks/:id/rotate-secret': 'rotateWebhookSecret',
  'POST /api/messages/bulk': 'sendMessages',
  'POST /api/sessions/:id/messages': 'sendMessage',
  'POST /api/sessions/:id/link-pages': 'createLinkPage',
  'POST /api/sessions/:id/pairing-code': 'createPairingCode',
  'POST /api/sessions/:id/passkey': 'answerPasskey',
  'POST /api/sessions/:id/passkey/confirm': 'confirmPasskey',
  'POST /api/sessions/:id/presence': 'setPresence',
  'GET /api/sessions/:id/contacts/:contact/exists': 'checkContact',
  'POST /api/sessions/:id/chats/:chat/typing': 'showTyping',
  'POST /api/sessions/:id/chats/:chat/recording': 'showRecording',
  'POST /api/sessions/:id/chats/:chat/seen': 'markChatAsSeen',
  'POST /api/sessions/:id/chats/:chat/unseen': 'markChatAsUnseen',
  'GET /api/sessions/:id/chats/:chat/explain': 'explainChat',
  'POST /api/sessions/:id/chats/:chat/handoff': 'handChatOff',
  'GET /api/flow-files': 'getFlowFiles',
  'GET /api/opt-outs': 'listOptOuts',
  'GET /api/sessions/:id/chats/:chat/opt-out': 'getOptOut',
  'PUT /api/sessions/:id/chats/:chat/opt-out': 'optOut',
  'DELETE /api/sessions/:id/chats/:chat/opt-out': 'optIn',
  'POST /api/sessions/:id/groups/:group/participants': 'addGroupParticipants',
  'POST /api/sessions/:id/groups/:group/participants/remove': 'removeGroupParticipants',
  'POST /api/sessions/:id/groups/:group/participants/promote': 'promoteGroupParticipants',
  'POST /api/sessions/:id/groups/:group/participants/demote': 'demoteGroupParticipants',
  'POST /api/sessions/:id/groups/:group/invite-link': 'renewGroupInviteLink',
  'POST /api/sessions/:id/sandbox/scan': 'scanInSandbox',
  'POST /api/sessions/:id/sandbox/receive': 'receiveInSandbox',
  'POST /api/sessions/:id/sandbox/happens': 'happenInSandbox',
  'POST /api/sessions/:id/sandbox/ack': 'ackInSandbox',
  'POST /api/sessions/:id/sandbox/disconnect': 'disconnectSandbox',
  'POST /api/sessions/:id/sandbox/faults': 'setSandboxFaults',
  'GET /api/sessions/:id/sandbox/outbox': 'listSandboxOutbox',
};

const SINGULARS: Record<string, string> = { deliveries: 'delivery' };

const singular = (word: string): string => SINGULARS[word] ?? word.replace(/s$/, '');
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
const camel = (word: string): string => word.replace(/[-.](\w)/g, (_, letter: string) => letter.toUpperCase());

/**
 * The name by which generated clients call a route, made of its method and path where nothing better is known: `listSessions`,
 * `createSession`, `getSession`, `connectSession`, `listGroupParticipants`. What belongs to a session is named without it.
 */
export function operationIdOf({ method, path, status }: Pick<Route, 'method' | 'path' | 'status'>): string {
  const name = NAMES[`${method} ${path}`];
  if (name !== undefined) return name;
  // Those of other products have their own words in it.
  const [, dialect] = /^\/compat\/\w+\/(.+)$/.exec(path) ?? [];
  if (dialect !== undefined) {
    // The session that nearly all paths name goes without saying, but where something is asked of one among others.
    const parts = dialect.replace(/^api\/(?::id\/)?|(?<=^(?!api\/)\w+\/\w+)\/:id$/g, '').split('/');
    // Where the path names things, and not what is done, the method says that.
    const isPlain = !dialect.startsWith(':') && (method === 'POST' || (method === 'GET' && parts.length > 1));
    const verb = isPlain ? '' : `${method.toLowerCase()}-`;
    const said = parts.map((part) => (part.startsWith(':') ? 'one' : part)).join('-');
    return `${verb}${said}`.replace(/[-.](\w)/g, (_, letter: string) => letter.toUpperCase());
  }
  const parts = path
    .replace(/^\/api\/sessions\/:\w+\/(?=\w+\/|\w+s$)/, '/api/')
    .split('/')
    .filter((part) => part !== '' && part !== 'api');
  const isOne = parts.at(-1)?.startsWith(':') ?? false;
  const words = parts.filter((part) => !part.startsWith(':')).map(camel);
  const last = words.at(-1) ?? '';
  const around = words.slice(0, -1).map(singular).map(capital).join('');
  const one = `${around}${capital(singular(last))}`;
  const all = `${around}${capital(last)}`;
  switch (method) {
    case 'GET':
      return isOne || !last.endsWith('s') ? `get${one}` : `list${all}`;
    case 'PUT':
      return `put${isOne ? one : all}`;
    case 'PATCH':
      return `update${one}`;
    case 'DELETE':
      return `delete${isOne ? one : all}`;
    case 'POST':
      return status === 201 ? `create${one}` : `${last}${around}`;
  }
}
