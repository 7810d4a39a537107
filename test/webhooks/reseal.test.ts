import test from 'ava';
import { keyIdOf, openerOf, resealing, seal } from '../../src/core/seal.ts';
import { liveSecrets, secretPlace } from '../../src/webhooks/endpoints/endpoint.ts';
import { ENDPOINT_COLUMNS, toEndpoint } from '../../src/webhooks/endpoints/endpoint-store.ts';
import { openHeaders } from '../../src/webhooks/endpoints/headers.ts';
import { resealEndpoints } from '../../src/webhooks/endpoints/reseal-store.ts';
import { stores } from '../helpers/database.ts';
import { SECRET_KEY, startHub } from './hub.ts';

const NEXT = Buffer.alloc(32, 8);
const again = resealing(SECRET_KEY, NEXT, { withoutPlace: false });
const URL = 'http://127.0.0.1:1/hook';

for (const dialect of await stores()) {
  test(`${dialect}: every secret of every endpoint is sealed again, those of a rotation and of headers, too`, async (t) => {
    const { hub, tenantId } = await startHub(t, dialect);
    const headers = { sealed: 'plain', authorization: { secret: 'Bearer x' }, 'x-plain': 'v1.a.b' };
    const { id, secret } = await hub.endpoints.create(tenantId, { url: URL, headers });
    const { secret: fresh } = await hub.endpoints.rotateSecret(tenantId, id);
    const signed = await hub.endpoints.create(await hub.tenant(), { url: URL, signatures: ['v1a'] });

    t.is(await hub.db.write((tx) => resealEndpoints(tx, again)), 5);
    const endpoint = toEndpoint(await hub.db.sql('webhook_endpoints').where({ id }).first(ENDPOINT_COLUMNS));
    t.deepEqual(liveSecrets(endpoint, openerOf(NEXT), Date.now()).v1, [fresh, secret]);
    t.deepEqual(openHeaders(endpoint, openerOf(NEXT)), { sealed: 'plain', authorization: 'Bearer x', 'x-plain': 'v1.a.b' });
    const other = toEndpoint(await hub.db.sql('webhook_endpoints').where({ id: signed.id }).first(ENDPOINT_COLUMNS));
    t.is(liveSecrets(other, openerOf(NEXT), Date.now()).v1a?.length, 1);
    t.throws(() => liveSecrets(endpoint, openerOf(SECRET_KEY), Date.now()), { code: 'invalid-configuration' });
    const stored = JSON.stringify(await hub.db.sql('webhook_endpoints'));
    t.false(stored.includes(keyIdOf(SECRET_KEY)), 'nothing is left under the former key');
    const before = await hub.db.sql('webhook_endpoints').orderBy('id');
    t.is(await hub.db.write((tx) => resealEndpoints(tx, again)), 5, 'a second run finds them sealed');
    t.deepEqual(await hub.db.sql('webhook_endpoints').orderBy('id'), before);
  });

  test(`${dialect}: one that cannot be opened leaves all as they were`, async (t) => {
    const { hub, tenantId } = await startHub(t, dialect);
    await hub.endpoints.create(tenantId, { url: URL });
    const { id } = await hub.endpoints.create(tenantId, { url: URL });
    const secrets = JSON.stringify([{ sealed: seal('whsec_x', Buffer.alloc(32, 9), secretPlace({ id, tenantId })), expiresAt: null }]);
    await hub.db.write((tx) => tx.sql('webhook_endpoints').where({ id }).update({ secrets }));
    const before = await hub.db.sql('webhook_endpoints').orderBy('id');
    await t.throwsAsync(
      hub.db.write((tx) => resealEndpoints(tx, again)),
      { code: 'invalid-configuration' },
    );
    t.deepEqual(await hub.db.sql('webhook_endpoints').orderBy('id'), before);
  });
}
