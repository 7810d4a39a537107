/** A receiver's answer and a flow's, over HTTP, in one chat. */
import test from 'ava';
import { DeliveryWithAttempts } from '../../src/http/shapes/webhooks.ts';
import { linkedSandbox, startHub, until } from '../helpers/hub.ts';
import { startReceiver } from '../helpers/receiver.ts';

const FLOW = 'flow: hi\nversion: 1\ntyping: false\nstart:\n  - says: [hi]\nsteps:\n  - say: from the flow\n  - end\n';

test('a webhook answers in the chat beside the flow that answers the same message, once over a redelivery and a SIGKILL', async (t) => {
  t.timeout(60_000);
  const hub = await startHub();
  t.teardown(() => hub.dispose());
  const receiver = await startReceiver((_, response) => {
    const actions = [{ seen: true }, { text: 'from the webhook' }, { react: '👍' }];
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ actions }));
    return undefined;
  });
  t.teardown(() => receiver.close());
  const tenant = await hub.tenant();
  await linkedSandbox(tenant.call, 'shop');
  await tenant.call('PUT', '/api/flows/hi', FLOW, { 'content-type': 'application/yaml' });
  const { json: endpoint } = await tenant.call('POST', '/api/webhooks', { url: receiver.url, events: ['message.received'] });
  await tenant.call('POST', '/api/sessions/shop/sandbox/receive', { from: '5511988887777', text: 'hi' });
  const texts = async (call = tenant.call): Promise<string[]> =>
    (await call('GET', '/api/sessions/shop/sandbox/outbox')).json.data
      .map(({ text, emoji }: { text?: string; emoji?: string }) => text ?? emoji)
      .sort();
  const all = ['from the flow', 'from the webhook', '👍'];
  await until(async () => (await texts()).length === 3, { what: 'all answers' });
  t.deepEqual(await texts(), all);

  const { json: list } = await tenant.call('GET', `/api/webhooks/${endpoint.id}/deliveries`);
  const path = `/api/deliveries/${list.data[0].id}`;
  const { json: delivery } = await tenant.call('GET', path);
  t.deepEqual(DeliveryWithAttempts.parse(delivery), delivery);
  t.is(delivery.status, 'delivered');
  const [seen, text, react] = delivery.attempts[0].actions;
  t.deepEqual(seen, { index: 0, ok: true });
  t.like((await tenant.call('GET', `/api/messages/${text.messageId}`)).json, {
    text: 'from the webhook',
    chat: { id: '5511988887777@c.us' },
  });
  t.like(react, { index: 2, ok: true });
  const received = (await tenant.call('GET', '/api/sessions/shop/messages?direction=inbound')).json.data[0];
  await until(async () => (await tenant.call('GET', `/api/messages/${received.id}`)).json.reactions[0]?.emoji === '👍', {
    what: 'the reaction',
  });

  await hub.end('SIGKILL');
  const again = await hub.again();
  t.teardown(() => again.dispose());
  const call = again.as(tenant.key);
  await call('POST', `${path}/retry`);
  const retried = await until(
    async () => {
      const { json } = await call('GET', path);
      return json.status === 'delivered' && json.attempts.length === 2 && json;
    },
    { what: 'the redelivery' },
  );
  t.is(retried.attempts[1].actions[1].messageId, text.messageId);
  t.deepEqual(await texts(call), all);
});
