/** What the description of the API says of an answer, held against the answer. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';

// biome-ignore lint/suspicious/noExplicitAny: a document of OpenAPI
type Document = any;

interface Answered {
  status: number;
  contentType: string;
  json: unknown;
}

let checker: { document: Document; ajv: Ajv2020; operations: [RegExp, string][] } | undefined;

/** Why the answer is not as its operation declares it; null where it is, or where it is no JSON. */
export async function whyUndeclared(method: string, url: string, { status, contentType, json }: Answered): Promise<string | null> {
  const type = contentType.split(';', 1)[0] ?? '';
  if (json === undefined) return null;
  checker ??= await makeChecker();
  const { document, ajv, operations } = checker;
  const path = new URL(url, 'http://hub').pathname.replace(/^\/api\/whatsapp\/instances(?=\/|$)/, '/api/sessions');
  const template = operations.find(([pattern]) => pattern.test(path))?.[1];
  const operation = template === undefined ? undefined : document.paths[template][method.toLowerCase()];
  const what = `${method} ${template ?? path} answered ${status}`;
  if (!operation) return status < 400 ? null : faultOf(ajv, '/components/schemas/Problem', json, what);
  const place = operation.responses[status] ? String(status) : 'default';
  if (place === 'default' && status < 400) return `${what}, which is not declared`;
  const { $ref } = operation.responses[place];
  const at = $ref ? $ref.slice(1) : `/paths/${escaped(template as string)}/${method.toLowerCase()}/responses/${place}`;
  const response = $ref ? document.components.responses[$ref.split('/').at(-1)] : operation.responses[place];
  if (!response.content?.[type]) return `${what} as ${type}, which is not declared`;
  return faultOf(ajv, `${at}/content/${escaped(type)}/schema`, json, what);
}

function faultOf(ajv: Ajv2020, pointer: string, json: unknown, what: string): string | null {
  const validate = ajv.getSchema(`openapi#${pointer}`);
  if (!validate) throw new Error(`There is no ${pointer} in the description of the API`);
  return validate(json)
    ? null
    : `${what}, not as declared: ${ajv.errorsText(validate.errors?.slice(0, 5))} in ${JSON.stringify(json).slice(0, 500)}`;
}

const escaped = (text: string): string => encodeURIComponent(text.replaceAll('~', '~0').replaceAll('/', '~1'));

async function makeChecker(): Promise<NonNullable<typeof checker>> {
  const document = await description();
  // Whether the description itself is right is asked in test/http/openapi.test.ts, once.
  const ajv = new Ajv2020({ strict: false, allErrors: true, meta: false, validateSchema: false });
  formats.default(ajv);
  ajv.addSchema(document, 'openapi');
  const templates = Object.keys(document.paths).sort((one, other) => one.split('{').length - other.split('{').length);
  return { document, ajv, operations: templates.map((path) => [new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`), path]) };
}

const SRC = fileURLToPath(new URL('../../src/', import.meta.url));
const CACHE = fileURLToPath(new URL('../../node_modules/.cache/hookline/', import.meta.url));

/** Made anew only where the code has changed since: to make it costs more than most tests do. */
async function description(): Promise<Document> {
  const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const hash = createHash('sha256');
  for (const name of files.sort()) {
    const { size, mtimeMs } = statSync(join(SRC, name));
    hash.update(`${name} ${size} ${mtimeMs}\n`);
  }
  const file = join(CACHE, `openapi-${hash.digest('hex').slice(0, 16)}.json`);
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    const { openApi } = await import('../../docs/openapi.ts');
    const document = openApi();
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(document));
    renameSync(`${file}.${process.pid}`, file);
    return document;
  }
}
