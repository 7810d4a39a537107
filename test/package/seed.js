/**
 * What the first description of the library shows, as it stands there, in a project that has Hookline as a package; only the
 * phone is played. `node seed.js`
 */
import assert from 'node:assert/strict';
import { WhatsAppService } from 'hookline';

const whatsappService = new WhatsAppService();

// Create a new session
const client = await whatsappService.createSession('my-business-session', 'tenant-123', 'user-456');
assert.equal(client.name, 'my-business-session');
assert.equal(client.config.userId, 'user-456');

const phone = await whatsappService.app.rooms.sessions.sandbox(client.tenantId, client.id);
assert.match((await whatsappService.getSessionQr('my-business-session')).dataUrl, /^data:image\/png;base64,/);
await phone.scan({ phone: '5511999990000' });
assert.equal(await whatsappService.getSessionQr('my-business-session'), null);
while (!(await whatsappService.isSessionReady('my-business-session'))) await new Promise((resolve) => setTimeout(resolve, 50));

// Text message
await whatsappService.sendMessage('my-business-session', '1234567890@c.us', 'Hello World!', 'text');

// Image with caption
await whatsappService.sendMessage(
  'my-business-session',
  '1234567890@c.us',
  'Check out this image!',
  'image',
  `${process.cwd()}/media/image.jpg`,
);

// Document
await whatsappService.sendMessage(
  'my-business-session',
  '1234567890@c.us',
  'Here is the document you requested',
  'document',
  `${process.cwd()}/media/document.pdf`,
);
let sent = [];
while (sent.length < 3) {
  sent = (await phone.outbox({ limit: 10 })).data;
  await new Promise((resolve) => setTimeout(resolve, 50));
}
assert.deepEqual(
  sent.map(({ to, type, text, caption }) => [to, type, text ?? caption]),
  [
    ['1234567890@c.us', 'text', 'Hello World!'],
    ['1234567890@c.us', 'image', 'Check out this image!'],
    ['1234567890@c.us', 'document', 'Here is the document you requested'],
  ],
);

// Check if session is ready
const isReady = await whatsappService.isSessionReady('my-business-session');
assert.equal(isReady, true);

// Get connected phone number
const number = await whatsappService.getSessionPhone('my-business-session');
assert.equal(number, '5511999990000');

// Send typing indicator
await whatsappService.sendTyping('my-business-session', '1234567890@c.us', true);

// Stop typing
await whatsappService.sendTyping('my-business-session', '1234567890@c.us', false);

// Mark message as seen
await phone.receive({ from: '1234567890', text: 'Hi' });
const { data } = await whatsappService.app.rooms.outbox.list(client.tenantId, client.id, { limit: 1 });
await whatsappService.markAsSeen('my-business-session', data[0].id);

// Restart a session
await whatsappService.restartSession('my-business-session', 'tenant-123');

// Get session tokens for backup
assert.ok((await whatsappService.getSessionTokens('my-business-session')).length > 0);

// Properly destroy session
await whatsappService.destroySession('my-business-session');
await assert.rejects(whatsappService.isSessionReady('my-business-session'), { code: 'not-found' });

await whatsappService.close();
