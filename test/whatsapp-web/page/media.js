/** WhatsApp's preparation and upload of a file, and the message that then goes out with it. */
import { deviceQuery } from './account.js';
import { addMessage } from './chats.js';
import { deliver } from './functions.js';
import { define } from './modules.js';

function kindOf(type, { isPtt, asDocument, asSticker }) {
  if (asDocument) return 'document';
  if (asSticker) return 'sticker';
  if (isPtt) return 'ptt';
  const kind = type.split('/')[0];
  return ['image', 'video', 'audio'].includes(kind) ? kind : 'document';
}

/** The upload first, as WhatsApp does it; then the message, and with it the server's answer. */
function prepRawMedia({ blob, mimetype }, options) {
  const type = kindOf(mimetype, options);
  async function send({ id, t, from, to, self, ack, isNewMsg, filename, ...context }, caption) {
    const upload = await fetch(`/phone/upload?${deviceQuery}`, { method: 'POST', body: blob });
    const { fileId } = await upload.json();
    const file = { fileId, mimetype, size: blob.size, ...(type === 'document' && { filename }), ...(caption && { caption }) };
    const { quotedMsg, quotedStanzaID, quotedParticipant, mentionedJidList } = context;
    const raw = { id, t, from, to, self, ack, isNewMsg, type, ...file, quotedMsg, quotedStanzaID, quotedParticipant, mentionedJidList };
    addMessage(raw);
    return deliver(raw);
  }
  return {
    _mediaData: { type },
    waitForPrep: async () => {},
    sendToChat: (_chat, { productMsgOptions, caption }) => send(productMsgOptions, caption),
  };
}

define('WAWebPrepRawMedia', { MediaPrep: class {}, uploadProductImage() {}, prepRawMedia });
define('WAWebMediaGatingUtils', { getUploadLimit: () => 2 * 1024 ** 3 });
