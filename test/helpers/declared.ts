/** What the description of the API says of an answer, held against the answer. */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { threadId } from 'node:worker_threads';
import type { ValidateFunction } from 'ajv';
import { memoizeAsync } from '../../src/core/memoize.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document of OpenAPI
type Document = any;

interface Answered {
  status: number;
  contentType: string;
  json: unknown;
}

interface Checker {
  document: Document;
  operations: [RegExp, string][];
  validatorOf(pointer: string): Promise<ValidateFunction>;
}

/** Why the answer is not as its operation declares it; null where it is, or where it is no JSON. */
export async function whyUndeclared(method: string, url: string, { status, contentType, json }: Answered): Promise<string | null> {
  const type = contentType.split(';', 1)[0] ?? '';
  if (json === undefined) return null;
  const checker = await checkerOf();
  const { document, operations } = checker;
  const path = new URL(url, 'http://hub').pathname.replace(/^\/api\/whatsapp\/instances(?=\/|$)/, '/api/sessions');
  const template = operations.find(([pattern]) => pattern.test(path))?.[1];
  const operation = template === undefined ? undefined : document.paths[template][method.toLowerCase()];
  const what = `${method} ${template ?? path} answered ${status}`;
  if (!operation) return status < 400 ? null : faultOf(checker, '/components/schemas/Problem', json, what);
  const place = operation.responses[status] ? String(status) : 'default';
  if (place === 'default' && status < 400) return `${what}, which is not declared`;
  const { $ref } = operation.responses[place];
  const at = $ref ? $ref.slice(1) : `/paths/${escaped(template as string)}/${method.toLowerCase()}/responses/${place}`;
  const response = $ref ? document.components.responses[$ref.split('/').at(-1)] : operation.responses[place];
  if (!response.content?.[type]) return `${what} as ${type}, which is not declared`;
  return faultOf(checker, `${at}/content/${escaped(type)}/schema`, json, what);
}

async function faultOf({ validatorOf }: Checker, pointer: string, json: unknown, what: string): Promise<string | null> {
  const validate = await validatorOf(pointer);
  if (validate(json)) return null;
  const faults = validate.errors?.slice(0, 5).map(({ instancePath, message }) => `${instancePath || 'it'} ${message}`);
  return `${what}, not as declared: ${faults?.join(', ')} in ${JSON.stringify(json).slice(0, 500)}`;
}

const escaped = (text: string): string => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));

const checkerOf = memoizeAsync(async (): Promise<Checker> => {
  const hash = hashOfSource();
  const document = await description(hash);
  const templates = Object.keys(document.paths).sort((one, other) => one.split('{').length - other.split('{').length);
  const operations = templates.map((path): [RegExp, string] => [new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`), path]);
  return { document, operations, validatorOf: validators(document, join(CACHE, `answers-${hash}`)) };
});

/** Compiled once for all files of tests: that costs more than most of them do. */
function validators(document: Document, directory: string): Checker['validatorOf'] {
  const load = createRequire(import.meta.url);
  const known = new Map<string, ValidateFunction>();
  const compile = memoizeAsync(() => compiler(document));
  return async (pointer) => {
    const file = join(directory, `${createHash('sha256').update(pointer).digest('hex').slice(0, 16)}.cjs`);
    if (!known.has(pointer) && !existsSync(file)) {
      const source = (await compile())(pointer);
      mkdirSync(directory, { recursive: true });
      put(file, source);
    }
    const validate: ValidateFunction = known.get(pointer) ?? load(file);
    known.set(pointer, validate);
    return validate;
  };
}

async function compiler(document: Document): Promise<(pointer: string) => string> {
  const [{ Ajv2020 }, formats, standalone] = await Promise.all([
    import('ajv/dist/2020.js'),
    import('ajv-formats'),
    import('ajv/dist/standalone/index.js'),
  ]);
  // Whether the description itself is right is asked in test/http/openapi.test.ts, once.
  const ajv = new Ajv2020({ strict: false, allErrors: true, meta: false, validateSchema: false, code: { source: true } });
  formats.default.default(ajv);
  ajv.addSchema(document, 'openapi');
  return (pointer) => {
    const validate = ajv.getSchema(`openapi#${pointer}`);
    if (!validate) throw new Error(`There is no ${pointer} in the description of the API`);
    return standalone.default.default(ajv, validate);
  };
}

/** Others may read it meanwhile. */
function put(file: string, text: string): void {
  writeFileSync(`${file}.${process.pid}.${threadId}`, text);
  renameSync(`${file}.${process.pid}.${threadId}`, file);
}

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/hookline/', import.meta.url));

function hashOfSource(): string {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const hash = createHash('sha256');
  for (const name of files.sort()) {
    const { size, mtimeMs } = statSync(join(SRC, name));
    hash.update(`${name} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex').slice(0, 16);
}

/** Made anew only where the code has changed since: to make it costs more than most tests do. */
async function description(hash: string): Promise<Document> {
  const file = join(CACHE, `openapi-${hash}.json`);
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    const { openApi } = await import('../../docs/openapi.ts');
    const document = openApi();
    mkdirSync(CACHE, { recursive: true });
    put(file, JSON.stringify(document));
    return document;
  }
}
