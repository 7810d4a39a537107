import { readdir, readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { HooklineError } from '../core/errors.ts';
import { EXTENSION, PAGES } from '../core/version.ts';

const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

interface BuiltFile {
  type: string;
  plain: Buffer;
  brotli: Buffer;
}

/** The pages as `build.ts` left them, read once: a hub that runs shows what it was started with. */
export class Bundle {
  #read: Promise<Map<string, BuiltFile>> | undefined;

  /** Rejects with `not-found` where nothing was built, and says what to do; then it is looked for again. */
  async entry(): Promise<{ script: string; style: string; icon: string }> {
    const names = [...(await this.#files()).keys()].filter((name) => !name.startsWith('part-'));
    const [script, style, icon] = ['.js', '.css', '.svg'].map((extension) => names.find((name) => extname(name) === extension));
    if (script !== undefined && style !== undefined && icon !== undefined) return { script, style, icon };
    this.#read = undefined;
    throw notBuilt();
  }

  /** The extension, packed. Rejects as `entry`. */
  async extension(): Promise<Buffer> {
    return readFile(EXTENSION).catch(() => {
      throw notBuilt();
    });
  }

  async file(name: string): Promise<BuiltFile | undefined> {
    return (await this.#files()).get(name);
  }

  #files(): Promise<Map<string, BuiltFile>> {
    this.#read ??= read();
    return this.#read;
  }
}

function notBuilt(): HooklineError {
  return new HooklineError('not-found', 'The pages of this hub were not built. Run "node hookline.js prepare" where it is installed.');
}

async function read(): Promise<Map<string, BuiltFile>> {
  const names = await readdir(PAGES).catch(() => []);
  const files = names
    .filter((name) => extname(name) in TYPES)
    .map(async (name): Promise<[string, BuiltFile]> => {
      const [plain, brotli] = await Promise.all([readFile(new URL(name, PAGES)), readFile(new URL(`${name}.br`, PAGES))]);
      return [name, { type: TYPES[extname(name)] as string, plain, brotli }];
    });
  return new Map(await Promise.all(files));
}
