import { loadConfig } from '../config/load.ts';
import { HooklineError } from '../core/errors.ts';
import { keyIdOf } from '../core/seal.ts';
import { type Reseal, rotateKeyFile, sameKey } from '../home/key-rotation.ts';
import { decodeSecretKey, newSecretKey } from '../home/secret-key.ts';
import { resealAll } from '../wiring/reseal.ts';
import { answer } from './output.ts';
import { recorded, withDatabase, withoutHub } from './storage.ts';

/** Seals everything in the database with a new key: the given one, or a random one where the hub keeps its key itself. */
export async function rotateSecrets(given?: string): Promise<void> {
  const config = loadConfig({ dev: false });
  const key = given === undefined ? newSecretKey() : decodeSecretKey(given);
  if (!key)
    throw new HooklineError('invalid-configuration', 'The new key is not 32 bytes in base64 or hex. "openssl rand -base64 32" makes one.');
  const configured = config.secretKey;
  if (configured && given === undefined) {
    // A key that only this command knew would be lost with it, and everything that it sealed.
    throw new HooklineError('invalid-configuration', 'The secret key is configured here, so give the new one with --new-key, and keep it.');
  }
  if (configured?.equals(key)) throw sameKey();
  const count = await withoutHub(config, () =>
    withDatabase(config, (db, runtime) => {
      const reseal: Reseal = (from, to) => resealAll(db, from, to, runtime.log);
      const rotate = () => (configured ? reseal(configured, key) : rotateKeyFile(config.dataDir, key, reseal));
      return recorded(db, runtime, { action: 'secrets.rotate', tenantId: null }, rotate);
    }),
  );
  answer(
    { key: keyIdOf(key), secrets: count },
    [
      `Sealed with the key ${keyIdOf(key)} now: ${count} secret${count === 1 ? '' : 's'}.\n`,
      configured ? 'Configure the new key (HOOKLINE_SECRET_KEY) before the hub starts again; the former one opens nothing any more.\n' : '',
      'Session backups made before still take the former key: make new ones.\n',
    ].join(''),
  );
}
