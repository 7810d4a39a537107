import { readFile } from 'node:fs/promises';
import test from 'ava';
import { SESSIONS_PAGE, sessionsPage } from '../../docs/generate.ts';
import { LIFECYCLE_EVENTS, next, SESSION_STATUSES } from '../../src/sessions/supervision/lifecycle.ts';

/** Said once more and in another way: a line a status, a column an event; `-` is illegal. */
const EXPECTED = `
                launch    code  pairingCode  passkey  scanned     opened     lost          gaveUp  unlinked   stop
  stopped       starting  -     -            -        -           -          -             -       loggedOut  stopped
  starting      starting  qr    pairing      passkey  connecting  connected  disconnected  failed  loggedOut  stopped
  qr            starting  qr    pairing      passkey  connecting  connected  disconnected  failed  loggedOut  stopped
  pairing       starting  qr    pairing      passkey  connecting  connected  disconnected  failed  loggedOut  stopped
  passkey       starting  qr    pairing      passkey  connecting  connected  disconnected  failed  loggedOut  stopped
  connecting    starting  qr    pairing      passkey  connecting  connected  disconnected  failed  loggedOut  stopped
  connected     starting  -     -            -        -           -          disconnected  failed  loggedOut  stopped
  disconnected  starting  -     -            -        -           -          -             failed  loggedOut  stopped
  failed        starting  -     -            -        -           -          -             -       loggedOut  stopped
  loggedOut     starting  -     -            -        -           -          -             -       loggedOut  stopped
`;

const [header = [], ...lines] = EXPECTED.trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));

test('the table is about every status and every event', (t) => {
  t.deepEqual([...header].sort(), [...LIFECYCLE_EVENTS].sort());
  t.deepEqual(lines.map(([status]) => status).sort(), [...SESSION_STATUSES].sort());
});

for (const status of SESSION_STATUSES) {
  test(`what may become of a session that is ${status}`, (t) => {
    const [, ...cells] = lines.find(([first]) => first === status) ?? [];
    for (const event of LIFECYCLE_EVENTS) {
      const cell = cells[header.indexOf(event)];
      const after: string | undefined = next(status, event);
      t.is<string | undefined, string | undefined>(after, cell === '-' ? 'illegal' : cell, event);
    }
  });
}

test('docs/sessions.md is what node docs/generate.ts writes', async (t) => {
  t.is(await readFile(SESSIONS_PAGE, 'utf8'), sessionsPage());
});
