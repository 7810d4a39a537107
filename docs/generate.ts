/** `node docs/generate.ts` writes the pages that come from the code; tests hold them to it. */
import { readFile, writeFile } from 'node:fs/promises';
import { type ConfigKey, configKeys } from '../src/config/keys.ts';
import { configSchema } from '../src/config/schema.ts';
import { ERROR_CODES } from '../src/core/errors.ts';
import { jsonSchema } from '../src/flows/language/schema.ts';
import { testSchema } from '../src/flows/simulator/test-file.ts';
import { DOCUMENTED_EVENTS } from '../src/http/shapes/events.ts';
import { isAtRest, LIFECYCLE_EVENTS, next, SESSION_STATUSES } from '../src/sessions/supervision/lifecycle.ts';
import { clientSource, type Description } from './client-source.ts';
import { DIALECT_PAGES, withCalls } from './dialects.ts';
import { flowReference } from './flow-reference.ts';
import { openApi } from './openapi.ts';

export const EVENTS_PAGE = new URL('events.md', import.meta.url);
export const FLOWS_PAGE = new URL('flows-reference.md', import.meta.url);
/** Beside the flows, where editors find it. */
const FLOW_SCHEMA = new URL('../flows/flow.schema.json', import.meta.url);
/** The shapes and operations of the typed client. */
export const CLIENT_SOURCE = new URL('../src/client/api.ts', import.meta.url);
export const CONFIGURATION_PAGE = new URL('configuration.md', import.meta.url);
/** The tokens of the dashboard for the pages of /docs, which stand alone. */
export const TOKENS_SOURCE = new URL('../src/http/pages/tokens.ts', import.meta.url);
const TOKENS = new URL('../src/dashboard/app/style/tokens.css', import.meta.url);
const TEST_SCHEMA = new URL('../flows/flow-test.schema.json', import.meta.url);
export const HTTP_PAGE = new URL('http.md', import.meta.url);
export const SESSIONS_PAGE = new URL('sessions.md', import.meta.url);

/** `src/http/pages/tokens.ts`: the light and the dark block of the one sheet of tokens. */
export async function tokensSource(): Promise<string> {
  const sheet = await readFile(TOKENS, 'utf8');
  const [light, dark] = [':root', '[data-theme="dark"]'].map((of) => sheet.split(`${of} {`)[1]?.split('}')[0]?.trimEnd());
  return `/** Written by \`node docs/generate.ts\` from src/dashboard/app/style/tokens.css. */\nexport const LIGHT = \`${light}\n\`;\n\nexport const DARK = \`${dark}\n\`;\n`;
}

/** The last chapter of `docs/http.md`: every code of a problem, its status and what it means. */
export function withCodes(page: string): string {
  const rows = Object.entries(ERROR_CODES).map(([code, { status, title }]) => `| \`${code}\` | ${status} | ${title} |`);
  const head = '<!-- Written by `node docs/generate.ts` from src/core/errors.ts. -->\n\n| code | status | means |\n| --- | --- | --- |';
  return `${page.split('\n## Codes\n')[0]}\n## Codes\n\n${head}\n${rows.join('\n')}\n`;
}

const anchorOf = (type: string): string => type.replaceAll('.', '');

/** `docs/events.md`: every type of event with an example as a receiver gets it, from the schemas that the API is made of. */
export function eventsPage(): string {
  const list = DOCUMENTED_EVENTS.map(({ type, summary }) => `| [\`${type}\`](#${anchorOf(type)}) | ${summary} |`);
  const events = DOCUMENTED_EVENTS.map(
    ({ type, summary, example }) => `## ${type}\n\n${summary}.\n\n\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\`\n`,
  );
  return `${HEAD}\n${['| type | when |', '| --- | --- |', ...list].join('\n')}\n\n${events.join('\n')}`;
}

const HEAD = `# Events

<!-- Written by \`node docs/generate.ts\` from the schemas in src/http/shapes. -->

An event is the same in a webhook, in \`GET /api/events\`, in Server-Sent Events and over WebSocket. \`seq\` counts the events of one
session without gaps (a filter leaves some of them out). \`GET /openapi.json\` has the schema of each (\`components.schemas\`,
\`webhooks\`); [webhooks.md](webhooks.md) tells how they come. Members and types may be added: ignore what you do not know. \`custom.…\` stands for whatever a flow announces.
`;

/** `docs/configuration.md`: every key there is, with its variable, its default and what it does. */
export function configurationPage(): string {
  const keys = configKeys(configSchema({ dev: false }));
  const groups = Map.groupBy(keys, ({ path }) => (path.length > 1 ? (path[0] ?? '') : ''));
  const tables = [...groups].map(
    ([group, own]) =>
      `${group && `## ${group}\n\n`}${['| key | what | default |', '| --- | --- | --- |', ...own.map(keyRow)].join('\n')}\n`,
  );
  return `${CONFIGURATION}\n${tables.join('\n')}`;
}

function keyRow({ path, variable, description, default: usual }: ConfigKey): string {
  const value = usual === undefined ? '' : `\`${Array.isArray(usual) ? `[${usual.join(', ')}]` : usual}\``;
  return `| \`${path.join('.')}\` \`${variable}\` | ${description.replaceAll('|', '\\|').replaceAll('<', '&lt;')} | ${value} |`;
}

const CONFIGURATION = `# Configuration

<!-- Written by \`node docs/generate.ts\` from src/config/schema.ts. -->

\`config.yaml\` beside [config.example.yaml](../config.example.yaml), which has every key with its default, or the file that \`HOOKLINE_CONFIG\` names. Every key is an environment
variable, too, which wins over the file; lists are written with commas there. Relative paths start at the directory that the hub is started in. A key that is not known, or a
value that cannot be, stops the start with file, line and column, and exit code 78. Where production and development mode (\`npm start\`) differ, this is production.

What the operator can set for one tenant is in \`PATCH /api/tenants/{id}\` (\`settings\`).
`;

/** `docs/sessions.md`: the life of a session, drawn from the one table that decides it. */
export function sessionsPage(): string {
  const changes = LIFECYCLE_EVENTS.flatMap((event) =>
    SESSION_STATUSES.flatMap((from) => {
      const to = next(from, event);
      return to === 'illegal' || to === from ? [] : [{ from, event, to }];
    }),
  );
  // What is possible from everywhere would hide all else: it is in the table.
  const drawn = changes.filter(
    ({ event, from }) => !['stop', 'unlinked'].includes(event) && (event !== 'launch' || isAtRest(from) || from === 'disconnected'),
  );
  const arrows = drawn.map(({ from, event, to }) => `  ${from} --> ${to}: ${event}`);
  const rows = SESSION_STATUSES.map((status) => {
    const cells = LIFECYCLE_EVENTS.map((event) => next(status, event)).map((to) => (to === 'illegal' ? '·' : to === status ? '=' : to));
    return `| **${status}** | ${cells.join(' | ')} |`;
  });
  const table = [`| | ${LIFECYCLE_EVENTS.join(' | ')} |`, `| --- |${' --- |'.repeat(LIFECYCLE_EVENTS.length)}`, ...rows];
  const drawing = ['```mermaid', 'stateDiagram-v2', '  [*] --> stopped', ...arrows, '```'];
  return SESSIONS.replace('DRAWING', drawing.join('\n')).replace('TABLE', table.join('\n'));
}

const SESSIONS = `# Sessions

<!-- Written by \`node docs/generate.ts\`; the drawing and the table come from src/sessions/supervision/lifecycle.ts. -->

A session is one linked WhatsApp account and its connection. \`POST /api/sessions\` makes it, and everything else follows by itself: the
hub keeps what is wanted of a session on disk and brings it there again after every loss and every restart.

## The life of a session

DRAWING

From every status \`stop\` leads to \`stopped\`, \`unlinked\` to \`loggedOut\`, and \`launch\` to \`starting\`. \`·\` cannot be, \`=\` changes nothing:

TABLE

Each change is an event, \`session.status\`, with \`from\`, \`to\` and a \`reason\`. The session itself tells its \`reason\`, and in
\`advice\` what a person can do about it.

## Linking a phone

- **By QR code.** \`GET /api/sessions/{id}/qr\` as JSON, PNG, SVG or text, and an event \`session.qr\` for each new code. Codes follow each
  other for five minutes (\`sessions.qrWindowSeconds\`), then the session starts over by itself (\`reason: qr-timeout\`); after three such
  windows (\`sessions.qrRounds\`) it is \`failed\`, until somebody connects it again.
- **By a code that is typed on the phone.** \`POST /api/sessions/{id}/pairing-code {"phone": "+55 11 99999-0000"}\` while a QR code is
  shown; the status is then \`pairing\`. The code opens a window of its own. WhatsApp may replace it: each new one is an event
  \`session.pairing-code\`. \`restart\` goes back to QR codes.

The hub has pages for both, to use yourself or to send to whoever has the phone: [linking.md](linking.md).

### When WhatsApp asks for a passkey

Since June 2026 WhatsApp asks a growing share of accounts for their passkey once the code was scanned or typed. The status is then
\`passkey\`, the session tells until when (\`passkey.challengeExpiresAt\`, ten minutes), and the event \`session.passkey\` says
\`request\`. Only the person can sign, in a browser that has the passkey of the account, on a page of \`https://web.whatsapp.com\`. The hub
has pages, an extension and a snippet for that: [linking.md](linking.md#signing-with-a-passkey). By your own means:

1. \`GET /api/sessions/{id}/passkey\` gives what is to be signed: \`{publicKey, expiresAt, code, answered}\`.
2. In that browser, in the console of a tab on \`https://web.whatsapp.com\`:
   \`const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(…)\`, then
   \`(await navigator.credentials.get({ publicKey })).toJSON()\`.
3. \`POST /api/sessions/{id}/passkey {"credential": …}\` hands it over (202), and the session goes on to \`connecting\`. \`{"credential": null}\`
   says that nobody will sign: the session starts over with a new code.
4. Where WhatsApp shows a code on both screens, the status is \`passkey\` again, with \`passkey.code\`: \`POST …/passkey/confirm {"matches": true}\`
   when the phone shows the same one. \`false\` starts over.

A credential of another challenge, or one that was signed on another page, is 422 (\`passkey-mismatch\`) and changes nothing; one that
comes too late is 410 (\`passkey-expired\`); where nothing is to be signed, or it was signed already, the answer is 409
(\`passkey-unavailable\`) with the status. What nobody signs in time is \`expired\` and starts the session over
(\`reason: passkey-expired\`), as a window in which nobody scans does; what WhatsApp or the phone takes back is \`refused\`, with a new
code to scan. A hub or a browser that ends meanwhile begins with a new code, too: a challenge is good for its own page only. Neither the
challenge nor the signature is in any event or log.

The browser of the session has no passkey and never signs: it hands out WhatsApp Web's question for \`whatsapp.com\`, and nothing else of
\`navigator.credentials\`. A *Continue* before the question it presses by itself, in the languages of WhatsApp; a code it leaves to a person.

A sandbox session asks, too, after \`POST …/sandbox/faults {"passkey": {"askNext": 1, "code": "K7RWQ"}}\`. It takes any credential whose
\`clientDataJSON\` has the challenge and \`https://web.whatsapp.com\`.

### What WhatsApp Web shows after a login

For ten minutes after a login, and after each load of its page, the hub looks at what covers the chats (\`role="dialog"\`). What only tells
something it answers by itself: a *Continue* or *OK* with nothing else to choose, and what is new in WhatsApp Web, by its words in the languages of
WhatsApp. (A device on which nobody answers that is unlinked by WhatsApp after some minutes.) Whatever asks for a decision it leaves alone and
tells once, for as long as the hub runs: \`session.attention\` with \`reason: dialog\`, all that it says in \`text\`, the id of a picture of it in
\`screenshot\` (\`GET /api/media/{id}\`; it goes with the session, and by age as other files do) and \`advice\`.

\`GET /api/sessions/{id}/screenshot\` answers with a PNG of what the browser of the session shows now, also while it does not come up. It may
show chats: it takes \`sessions:write\`. A sandbox session has a picture, too, and shows a dialog on \`POST …/sandbox/happens {"kind": "dialog", "text": "…"}\`.

## When a connection is lost

| reason | what happens |
| --- | --- |
| \`network\`, \`browser-died\`, \`page-died\`, \`engine-failed\`, \`outdated\` | \`disconnected\`; tried again after 2 s, doubled up to 5 minutes, at random within, without end |
| \`stale\` | the watchdog (\`sessions.watchdogSeconds\`) got no answer twice: the page is loaded anew, then the browser started anew, then it is left alone for a while. Event \`session.stale\` with each \`remedy\` as it is begun, within a minute of the last answer |
| \`memory-limit\` | the browser held more than \`chromium.memoryLimitMb\` and was started again |
| \`passkey-refused\` | somebody said that nobody will sign, or that the codes differ: it starts over with a new code. Also of the \`qr\` that follows, and of one after which WhatsApp or the phone took back what it asked |
| \`passkey-expired\` | nobody signed within ten minutes: it starts over, and is the \`reason\` of the \`qr\` that follows; after \`sessions.qrRounds\` times \`failed\` |
| \`conflict\` | WhatsApp Web was opened elsewhere with this login: \`failed\`. With \`config.onConflict: "useHere"\` (or \`sessions.onConflict\`) the session takes the login back, five times at most |
| \`logged-out\` | the phone took the device off its list: \`loggedOut\`, a new scan is needed |
| \`profile-corrupt\` | the browser does not start on the files of this login, and does on others. They are set aside as \`chromium.quarantined-…\` in the session's directory, and the login is put back from a copy (below). Where none opens: \`loggedOut\`. Scan again, or restore a backup |
| \`login-restored\` | the login was damaged or gone, and a copy of it was put in its place: it starts on that |
| \`login-lost\` | of a session in \`qr\`: it had a login, and neither that nor a copy of it can be used. Scan again, or restore a backup |
| \`hub-stopped\`, \`handed-over\` | the hub, or the node of a cluster, that ran the session stops: \`stopped\`, until it or another node starts |
| \`hub-started\`, \`taken-over\`, \`node-back\` | started by itself, as the session was wanted connected; on another node, or on one that could not reach the database for a while. Where a phone was being linked it begins anew (\`session.attention\`, \`linking-anew\`) |
| \`banned\` | WhatsApp shut the account out: \`failed\` |
| \`engine-unavailable: …\` | no browser, a proxy that the hub does not have, or an engine that the operator has turned off (\`engines\` in the configuration): \`failed\` |

\`stats\` of a session: \`timeToConnectMs\` (from the launch, or the scan), \`uptimeMs\` (of the connections that ended), \`restarts\` by cause;
\`attempts\` made and succeeded; \`memoryBytes\` that its browser holds (what its processes share is counted once), looked at every 30 s. [metrics.md](metrics.md) sums them up for Prometheus.

What came meanwhile is fetched before anything that comes live; see [inbound.md](inbound.md).

## Browsers

Each wppconnect session has a browser of its own, on a profile in \`tokens/<generated id>/\` (mode 0700) that holds the login and is
locked to one hub. The hub ends the whole process tree and looks until it is gone; what an earlier hub left behind is ended at the
next start. \`chromium-headless-shell\` is taken before \`chromium\`: it needs about half the memory and reads the same profiles.

A fresh login is on the disk within about a second of the scan. A hub that is killed loses none, for its browsers then close in
order; where the browser is killed in that second, too (a container that is killed), the phone has to be linked anew.

\`hookline doctor\` says whether it all works on this machine. \`hookline doctor whatsapp\` loads WhatsApp's own page with nobody's login, within 60 s (\`--seconds\`), and says which of the
functions and of what is shown the hub still finds there, with WhatsApp's version: \`pass\`, \`FAIL\`, or \`unseen\` for what shows only after a scan. The exit code is 0, 1 when something fails,
or 69 when the page cannot be reached. Run it every hour, say, and you know before your customers when WhatsApp has changed. \`GET /health/engines\`, for the operator, shows the last such check.

A session goes through a proxy with \`config.proxy\`, the name of one that the operator has listed (\`chromium.proxies\`). Tenants see
neither its address nor its password; one session's proxy is never another's.

## What the account may do

The session tells what the account is, \`account.kind\` (\`personal\` or \`business\`), and what WhatsApp lets it do: until \`limits.newChatsUntil\` it may begin no new
chats. WhatsApp does that, for hours or days, to accounts that write much to people who have not written to them. Sends to such people wait
([sends.md](sends.md#what-becomes-of-a-message)); \`session.attention\` tells when it begins or changes (\`new-chats-locked\`, with \`until\`) and when it is over (\`new-chats-open\`).
On the sandbox: \`POST …/sandbox/faults {"account": {"kind": "personal", "newChatsUntil": "2026-12-01T12:00:00Z"}}\`.

## Copies of a login

Who has to link a phone anew has to find its owner. So the hub keeps sealed copies of each login of a browser, in \`login-copies/\` of the
data directory: one a minute after each login, and one at each clean stop, of the session or of the hub (for five seconds at the most). The
newest two of a session stay (\`sessions.loginCopies\`, 0 for none); one has some 5 to 60 MB, and 256 MiB at the most.

Where the browser does not start on the files of a login and does on others, or WhatsApp Web finds no login in them and would ask for a scan,
the newest copy that opens is put in their place, once, and the session starts on it (\`reason: login-restored\`, and
\`session.attention\` with the time of the copy). What was received since is fetched again; WhatsApp asks the senders of what cannot be
read with the older keys to send it once more. If that is of no use either, \`session.attention\` says \`login-lost\`, and a code is shown.

With \`sessions.profiles: database\` copies lie in the database, of sandbox sessions, too, and are what another node of a cluster begins with: [scaling.md](scaling.md#logins). So does a hub
alone that finds its tokens directory empty, as on a new machine.

A copy opens for its own session and tenant, under the hub's secret key. \`hookline secrets rotate\` seals those in the database anew; of those in the data directory it opens none any more, and
the next login makes a new one. They go when the session is logged out, unlinked, linked anew, restored from a backup or deleted. \`hookline backup\` takes the logins
themselves.

## Moving a login

\`GET /api/sessions/{id}/backup\` gives the login, sealed under the hub's secret key for its tenant, and \`POST …/restore\` puts it in
the place of another session's, of the same tenant and on the same engine. \`hookline session backup\` and \`restore\` do the same from
the shell. A restore looks through the whole of it while the session goes on; what was changed, cut off or made for another tenant is
422, and the login stays as it was.

The session stays connected meanwhile: its browser is held still for the moment in which its files are copied, which WhatsApp does not
notice. Where that cannot be done (a system without such signals, or a disk that takes over 10 s for it) it is stopped for the copy and
started again, and \`session.status\` says so with the reason \`backup\`. A tenant may have two backups under way, a hub eight.

A backup has at most 256 MiB, and the profile in it 1 GiB and 20,000 files; more is 413. Without its caches one has some 5 to 60 MB.

The operator, and nobody else, may carry a login to another tenant: \`POST …/restore?from=TENANT_ID\` with the operator's key, the
\`X-Tenant-Id\` of the session and, in \`from\`, the tenant that the backup was made in; or \`hookline session restore … --from TENANT\`.
So are restored, too, backups of versions that did not write down whose they are: name the tenant they were made in.
`;

if (import.meta.main) {
  await writeFile(EVENTS_PAGE, eventsPage());
  await writeFile(CONFIGURATION_PAGE, configurationPage());
  await writeFile(SESSIONS_PAGE, sessionsPage());
  await writeFile(HTTP_PAGE, withCodes(await readFile(HTTP_PAGE, 'utf8')));
  for (const page of DIALECT_PAGES) await writeFile(page, withCalls(page, await readFile(page, 'utf8')));
  await writeFile(FLOWS_PAGE, flowReference());
  await writeFile(CLIENT_SOURCE, clientSource(openApi() as Description));
  await writeFile(TOKENS_SOURCE, await tokensSource());
  await writeFile(TEST_SCHEMA, `${JSON.stringify(testSchema(), null, 2)}\n`);
  await writeFile(FLOW_SCHEMA, `${JSON.stringify(jsonSchema(), null, 2)}\n`);
}
