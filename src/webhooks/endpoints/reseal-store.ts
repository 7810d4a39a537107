import type { EndpointId, TenantId } from '../../core/ids.ts';
import type { Place, Reseal } from '../../core/seal.ts';
import type { Tx } from '../../db/tx.ts';
import { type SealedSecret, secretPlace, signingKeyPlace } from './endpoint.ts';
import { headerPlace, mapHeaders, type StoredHeader } from './headers.ts';

const PAGE = 500;

/**
 * Seals the secrets, signing keys and secret headers of every endpoint again, in the caller's transaction. Rejects as `again`
 * throws. Resolves with how many there are.
 */
export async function resealEndpoints({ sql }: Pick<Tx, 'sql'>, again: Reseal): Promise<number> {
  let count = 0;
  const counted: Reseal = (sealed, place) => {
    count++;
    return again(sealed, place);
  };
  for (let after = ''; ; ) {
    const rows: (Record<'secrets' | 'signing_keys' | 'headers', string> & { id: EndpointId; tenant_id: TenantId })[] = await sql(
      'webhook_endpoints',
    )
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
      .select('id', 'tenant_id', 'secrets', 'signing_keys', 'headers');
    for (const { id, tenant_id: tenantId, ...row } of rows) {
      const owner = { id, tenantId };
      const list = (json: string, place: Place): string =>
        JSON.stringify((JSON.parse(json) as SealedSecret[]).map((secret) => ({ ...secret, sealed: counted(secret.sealed, place) })));
      const headers = mapHeaders(JSON.parse(row.headers) as Record<string, StoredHeader>, (value, name) =>
        typeof value === 'string' ? value : { sealed: counted(value.sealed, headerPlace(owner, name)) },
      );
      await sql('webhook_endpoints')
        .where({ id })
        .update({
          secrets: list(row.secrets, secretPlace(owner)),
          signing_keys: list(row.signing_keys, signingKeyPlace(owner)),
          headers: JSON.stringify(headers),
        });
    }
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return count;
    after = last.id;
  }
}

/** One of the seals of endpoints; undefined where there is none. */
export async function sealOfEndpoints({ sql }: Pick<Tx, 'sql'>): Promise<string | undefined> {
  const row: { secrets: string } | undefined = await sql('webhook_endpoints').first('secrets');
  return row && (JSON.parse(row.secrets) as SealedSecret[])[0]?.sealed;
}
