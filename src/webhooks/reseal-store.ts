import { reseal } from '../core/seal.ts';
import type { Tx } from '../db/open.ts';
import type { SealedSecret } from './endpoint.ts';
import { mapHeaders, type StoredHeader } from './headers.ts';

const PAGE = 500;

/**
 * Seals the secrets, signing keys and secret headers of every endpoint again, in the caller's transaction; what is under the key `to`
 * already stays. Rejects with `invalid-configuration` where one was sealed with neither key. Resolves with how many there are.
 */
export async function resealEndpoints({ sql }: Pick<Tx, 'sql'>, from: Buffer, to: Buffer): Promise<number> {
  let count = 0;
  const again = (sealed: string): string => {
    count++;
    return reseal(sealed, from, to);
  };
  for (let after = ''; ; ) {
    const rows: Record<'id' | 'secrets' | 'signing_keys' | 'headers', string>[] = await sql('webhook_endpoints')
      .where('id', '>', after)
      .orderBy('id')
      .limit(PAGE)
      .select('id', 'secrets', 'signing_keys', 'headers');
    for (const { id, ...row } of rows) {
      const list = (json: string): string =>
        JSON.stringify((JSON.parse(json) as SealedSecret[]).map((secret) => ({ ...secret, sealed: again(secret.sealed) })));
      const headers = mapHeaders(JSON.parse(row.headers) as Record<string, StoredHeader>, (value) =>
        typeof value === 'string' ? value : { sealed: again(value.sealed) },
      );
      await sql('webhook_endpoints')
        .where({ id })
        .update({ secrets: list(row.secrets), signing_keys: list(row.signing_keys), headers: JSON.stringify(headers) });
    }
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return count;
    after = last.id;
  }
}
