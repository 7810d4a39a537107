import test from 'ava';
import { stores } from '../helpers/database.ts';
import { startHub } from './hub.ts';
import { startReceiver, verify } from './receiver.ts';

for (const dialect of await stores()) {
  test(`${dialect}: an event arrives once, signed, with its envelope and the headers of the contract`, async (t) => {
    const { hub, tenantId, session } = await startHub(t, dialect);
    const receiver = await startReceiver(t);
    const endpoint = await hub.endpoints.create(tenantId, {
      url: receiver.url,
      headers: { 'X-Shop': 'berlin', authorization: { secret: 'Bearer abc' } },
    });
    const [id] = await hub.receive(tenantId, session, 'Olá 👋');
    await hub.drain();

    t.is(receiver.requests.length, 1);
    const [request] = receiver.requests;
    if (!request) return;
    const payload = verify(endpoint.secret, request) as Record<string, unknown>;
    t.like(payload, {
      id,
      type: 'message.received',
      tenantId,
      sessionId: session.id,
      sessionName: 'shop',
      seq: 1,
      data: { text: 'Olá 👋' },
    });
    t.like(request.headers, {
      'webhook-id': id,
      'content-type': 'application/json',
      'user-agent': 'Hookline/0.0.0',
      'hookline-attempt': '1',
      'x-shop': 'berlin',
      authorization: 'Bearer abc',
    });

    const { data } = await hub.deliveries.list(tenantId, endpoint.id, { limit: 10 });
    t.like(data[0], { eventId: id, eventType: 'message.received', status: 'delivered', attemptsMade: 1, nextAttemptAt: null });
    const delivery = await hub.deliveries.get(tenantId, data[0]?.id ?? '');
    t.like(delivery.attempts[0], { number: 1, status: 200, errorClass: null, error: null, responseBody: '' });
    t.truthy(delivery.attempts[0]?.responseHeaders?.date);
    t.is(delivery.body, request.body, 'what was sent, to the byte');
    const { requestHeaders = null } = delivery.attempts[0] ?? {};
    t.like(request.headers, requestHeaders as object);
    t.deepEqual(verify(endpoint.secret, { ...request, headers: requestHeaders as never, body: delivery.body }), payload);
  });
}
