// WEBHOOK_SECRET=whsec_… node receiver.ts
// With the stock library of Standard Webhooks: npm install standardwebhooks
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { Webhook } from 'standardwebhooks';

interface HooklineEvent {
  id: string;
  type: string;
  sessionName: string | null;
  data: { text?: string };
}

const webhook = new Webhook(process.env.WEBHOOK_SECRET ?? '');
/** Keep these where your data is, in the same transaction: an event may come more than once, always under the same id. */
const handled = new Set<string>();

const server = createServer(async (request, response) => {
  const body = await buffer(request);
  let event: HooklineEvent;
  try {
    // Over the bytes as they came, never over JSON that was parsed and written again.
    event = webhook.verify(body, request.headers as Record<string, string>) as HooklineEvent;
  } catch {
    response.writeHead(401).end();
    return;
  }
  if (!handled.has(event.id)) {
    handled.add(event.id);
    process.stdout.write(`${event.type} ${event.sessionName ?? ''} ${event.data.text ?? ''}\n`);
  }
  // To answer in the chat: 200 and {"actions":[{"text":"Thanks!"}]} instead.
  response.writeHead(204).end();
});

server.listen(Number(process.env.PORT ?? 3002), '127.0.0.1');
