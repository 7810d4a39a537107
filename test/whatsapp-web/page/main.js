import { account, active, ask, commands, connection, forget, link, listen, socket, stream } from './account.js';
import { heard } from './changes.js';
import { addMessage, chatWith, messages } from './chats.js';
import { qrCode } from './functions.js';
import { Wid } from './ids.js';
import './groups.js';
import { lockNewChats, showBusiness } from './limits.js';
import './media.js';
import { gate, ungate } from './passkey.js';
import './people.js';
import { showChats, showDialog, showProgress, showQr } from './screen.js';

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** From the linked account's standing to the main screen, at the pace that lets every state in between be seen. */
async function enter({ me, messages: history, unread, newChatsUntil }, state) {
  link(me);
  showBusiness(me.business);
  lockNewChats(newChatsUntil);
  socket.set('state', state).set('stream', 'SYNCING');
  stream.set('mode', 'SYNCING').set('info', 'SYNCING').set('displayInfo', 'SYNCING');
  for (const message of history) addMessage(message);
  for (const [chat, count] of Object.entries(unread)) chatWith(Wid.parse(chat)).set('unreadCount', count);
  for (const percent of [0, 50, 100]) {
    showProgress(percent);
    await pause(50);
  }
  showChats();
  commands.mainLoaded();
  socket.set('hasSynced', true).set('state', 'CONNECTED').set('stream', 'CONNECTED');
  stream.set('info', 'NORMAL').set('displayInfo', 'NORMAL').set('mode', 'MAIN');
  active();
}

listen({
  boot(standing) {
    if (standing) enter(standing, 'OPENING');
    else socket.set('state', 'UNPAIRED');
  },
  ref({ ref }) {
    if (account.linked) return;
    stream.set('mode', 'QR');
    const code = qrCode(ref);
    // A new code behind a question is drawn where the former one was.
    const behind = document.querySelector('#gate') && document.querySelector('[data-ref]');
    if (behind) behind.dataset.ref = code;
    else if (!document.querySelector('#gate')) showQr(code);
    connection.set('ref', ref);
  },
  gate,
  ungate,
  linked(standing) {
    enter(standing, 'PAIRING');
  },
  message(wire) {
    const message = addMessage({ ...wire, isNewMsg: true });
    const chat = chatWith(message.id.remote);
    if (!message.isSentByMe) chat.set('unreadCount', chat.unreadCount + 1);
  },
  /** What was still encrypted has become readable. */
  decrypted({ id, type, fields }) {
    const message = messages.get(id);
    for (const [name, value] of Object.entries(fields)) message.set(name, value);
    message.set('type', type);
  },
  ack({ id, ack }) {
    messages.get(id)?.set('ack', ack);
  },
  ...heard,
  dialog: ({ title, text, buttons }) => showDialog(title, text, buttons, (button) => ask({ ask: 'pressed', title, button })),
  limits: ({ newChatsUntil }) => lockNewChats(newChatsUntil),
  unlinked: forget,
  reload: () => location.reload(),
  socket({ state }) {
    socket.set('state', state);
  },
});
