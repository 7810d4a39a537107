import test from 'ava';
import { ackLevel } from '../../../src/core/message.ts';
import { type Look, standing } from '../../../src/sessions/engines/wppconnect/wire/map-event.ts';

const account = { phone: '5511999990000', pushName: 'Shop', lid: null };
const open: Look = { registered: true, authenticated: true, mainReady: true, listening: true, socket: 'CONNECTED', account };

test('open is only what is linked, loaded, listened to and in touch', (t) => {
  t.deepEqual(standing(open), { is: 'open', account });
  for (const missing of [{ authenticated: false }, { mainReady: false }, { listening: false }, { socket: 'OPENING' }, { account: null }]) {
    t.is(standing({ ...open, ...missing }).is, 'connecting', JSON.stringify(missing));
  }
});

test('the page with the QR code is not open, although its main screen calls itself ready', (t) => {
  t.is(standing({ ...open, registered: false, authenticated: false, socket: 'UNPAIRED', account: null }).is, 'unlinked');
});

test('a scan shows before the device is registered', (t) => {
  t.is(standing({ ...open, registered: false, socket: 'PAIRING' }).is, 'connecting');
});

test('a time-out of the socket is left to heal', (t) => {
  t.is(standing({ ...open, socket: 'TIMEOUT' }).is, 'connecting');
});

for (const [socket, reason] of [
  ['CONFLICT', 'conflict'],
  ['TOS_BLOCK', 'banned'],
  ['SMB_TOS_BLOCK', 'banned'],
  ['DEPRECATED_VERSION', 'outdated'],
  ['PROXYBLOCK', 'network'],
] as const) {
  test(`${socket} ends the connection as "${reason}"`, (t) => {
    t.deepEqual(standing({ ...open, socket }), { is: 'closed', reason, detail: `socket ${socket}` });
  });
}

test('acks below zero are failures, zero and above four say nothing', (t) => {
  const levels = [-7, -1, 0, 1, 2, 3, 4, 5].map(ackLevel);
  t.deepEqual(levels, ['failed', 'failed', null, 'sent', 'delivered', 'read', 'played', null]);
});
