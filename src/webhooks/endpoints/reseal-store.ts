import type { Place, Reseal } from '../../core/seal.ts';
import { type Columns, fromRow, toRow } from '../../db/columns.ts';
import type { Tx } from '../../db/tx.ts';
import { resealOptions } from './dialect-options.ts';
import { callbackKeyPlace, type Endpoint, type SealedSecret, secretPlace, signingKeyPlace } from './endpoint.ts';
import { headerPlace, mapHeaders } from './headers.ts';

const PAGE = 500;

type Sealed = Pick<Endpoint, 'id' | 'tenantId' | 'secrets' | 'signingKeys' | 'headers' | 'dialectOptions' | 'callbackKey'>;

const SEALED = {
  id: 'id',
  tenantId: 'tenant_id',
  secrets: 'secrets',
  signingKeys: 'signing_keys',
  headers: 'headers',
  dialectOptions: 'dialect_options',
  callbackKey: 'callback_key',
} as const satisfies Columns<Sealed>;

const toSealed = fromRow<Sealed>(SEALED, 'secrets', 'signingKeys', 'headers', 'dialectOptions', 'callbackKey');

/**
 * Seals the secrets, signing keys, secret headers and keys to call back with of every endpoint again, in the caller's transaction. Rejects as `again`
 * throws. Resolves with how many there are.
 */
export async function resealEndpoints({ sql }: Pick<Tx, 'sql'>, again: Reseal): Promise<number> {
  let count = 0;
  const counted: Reseal = (sealed, place) => {
    count++;
    return again(sealed, place);
  };
  for (let after = ''; ; ) {
    const rows: Pick<Endpoint, 'id'>[] = await sql('webhook_endpoints').where('id', '>', after).orderBy('id').limit(PAGE).select(SEALED);
    for (const { id, tenantId, secrets, signingKeys, headers, dialectOptions, callbackKey } of rows.map(toSealed)) {
      const owner = { id, tenantId };
      const each = <Secret extends SealedSecret>(sealed: readonly Secret[], place: Place): Secret[] =>
        sealed.map((secret) => ({ ...secret, sealed: counted(secret.sealed, place) }));
      const resealed = {
        secrets: each(secrets, secretPlace(owner)),
        signingKeys: each(signingKeys, signingKeyPlace(owner)),
        headers: mapHeaders(headers, (value, name) =>
          typeof value === 'string' ? value : { sealed: counted(value.sealed, headerPlace(owner, name)) },
        ),
        dialectOptions: resealOptions(dialectOptions, owner, counted),
        callbackKey: callbackKey && { ...callbackKey, sealed: counted(callbackKey.sealed, callbackKeyPlace(owner)) },
      };
      await sql('webhook_endpoints').where({ id }).update(toRow(SEALED, resealed));
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
