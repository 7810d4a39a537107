/** The linked account, the connection to the phone, and WhatsApp's singletons that show both. */
import { Wid } from './ids.js';
import { Emitter, Model } from './models.js';
import { define } from './modules.js';

/** A linked device keeps its name in its browser profile, from the login until it is unlinked: that is the login. */
const device = localStorage.getItem('device') ?? crypto.randomUUID();

/** Names the device to the stand-in. */
export const deviceQuery = `device=${device}`;

export const account = { linked: false, phone: null, lid: null };

/** Asks the stand-in; see `PageRequest` in network.ts. */
export async function ask(request) {
  const answer = await fetch(`/phone/ask?${deviceQuery}`, { method: 'POST', body: JSON.stringify(request) });
  return answer.json();
}

/** Calls `handlers[name](data)` for what the stand-in pushes, in order. */
export function listen(handlers) {
  new EventSource(`/phone/events?${deviceQuery}`).onmessage = ({ data }) => {
    const event = JSON.parse(data);
    handlers[event.name](event.data);
  };
}

export const stream = new Model({ mode: undefined, info: 'OPENING', displayInfo: 'OPENING', available: true, obscurity: 'SHOW' });
stream.markAvailable = () => ask({ ask: 'shows', available: true });
stream.markUnavailable = () => ask({ ask: 'shows', available: false });
/** Whoever does something in a page that has the focus is there. */
export function active() {
  if (account.linked && document.hasFocus() && stream.available) stream.markAvailable();
}
document.addEventListener('scroll', active);

export const socket = new Model({ state: 'OPENING', stream: 'DISCONNECTED', hasSynced: false });
socket.logout = async () => {
  await ask({ ask: 'logout' });
  forget();
};
/** Takes the login back from WhatsApp Web elsewhere. */
socket.takeover = async () => {
  await ask({ ask: 'takeover' });
  socket.set('state', 'CONNECTED');
};
socket.sendBasic = async () => ({ status: 200 });
socket.tag = (prefix) => prefix + Date.now();
socket.poke = () => {};
socket.phoneWatchdog = { activate() {}, poke() {} };

export const connection = new Model({ ref: undefined, connected: false, platform: 'android', pushname: '', wid: undefined });

export const commands = new Emitter();
commands.isMainLoaded = false;
commands.refreshQR = () => ask({ ask: 'renew' });
commands.mainLoaded = () => {
  commands.isMainLoaded = true;
  commands.trigger('main_loaded');
};

const network = new Model({ online: true });
network.checkOnline = () => true;

export function link({ phone, lid, name }) {
  localStorage.setItem('device', device);
  account.linked = true;
  account.phone = Wid.parse(`${phone}@c.us`);
  account.lid = Wid.parse(`${lid}@lid`);
  connection.set('wid', account.phone).set('pushname', name).set('connected', true);
}

/** The login is gone: WhatsApp forgets everything and comes back with a new QR code. */
export function forget() {
  localStorage.removeItem('device');
  account.linked = false;
  account.phone = null;
  account.lid = null;
  connection.set('connected', false);
  commands.trigger('logout');
  socket.set('state', 'UNPAIRED');
  setTimeout(() => location.reload(), 300);
}

const STATES = ['OPENING', 'PAIRING', 'UNPAIRED', 'UNPAIRED_IDLE', 'CONNECTED', 'TIMEOUT', 'CONFLICT', 'UNLAUNCHED'];
const SHUT_OUT = ['PROXYBLOCK', 'TOS_BLOCK', 'SMB_TOS_BLOCK', 'DEPRECATED_VERSION'];
const mirror = (names) => Object.fromEntries(names.map((name) => [name, name]));

define('WAWebStreamModel', { Stream: stream });
define('WAWebSocketModel', { Socket: socket });
define('WAWebSocketConstants', {
  SOCKET_STATE: mirror([...STATES, ...SHUT_OUT]),
  SOCKET_STREAM: mirror(['DISCONNECTED', 'SYNCING', 'RESUMING', 'CONNECTED']),
  WATCHED_SOCKET_STATE: mirror(['OPEN', 'CLOSED']),
});
define('WAWebConnModel', { Conn: connection });
define('WAWebCmd', { Cmd: commands, CmdImpl: Emitter });
define('WAWebNetworkStatus', { default: network });
define('WAWebAuth', { isLoggedIn: () => account.linked });
define('WAWebRegistration', { isRegistered: () => account.linked });
define('WAWebUserPrefsMeUser', {
  getMaybeMePnUser: () => account.phone,
  getMaybeMeUser: () => account.phone,
  getMaybeMeLidUser: () => account.lid,
  getMePnUserOrThrow: () => account.phone,
  getMeLidUserOrThrow: () => account.lid,
  isMeAccount: (wid) => [account.phone, account.lid].some((mine) => mine?.equals(wid)),
});
