/** What others make of the description of the API: linters, and whoever wants to know what an input may be. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import test from 'ava';
import { openApi } from '../../docs/openapi.ts';
import { asyncApiDocument } from '../../src/http/asyncapi.ts';
import { postmanCollection } from '../../src/http/postman.ts';
import type { Schema } from '../helpers/openapi.ts';

// They come as CommonJS whose names Node does not see.
const require = createRequire(import.meta.url);
const { Spectral }: typeof import('@stoplight/spectral-core') = require('@stoplight/spectral-core');
const { oas, asyncapi }: typeof import('@stoplight/spectral-rulesets') = require('@stoplight/spectral-rulesets');
const owasp: Schema = require('@stoplight/spectral-owasp-ruleset');

const run = promisify(execFile);
const REDOCLY = require.resolve('@redocly/cli/bin/cli.js');
const document = openApi() as Schema;

test('Redocly finds nothing', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-openapi-'));
  t.teardown(() => rm(directory, { recursive: true }));
  const file = join(directory, 'openapi.json');
  await writeFile(file, JSON.stringify(document));
  const env = { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' };
  const options = ['--extends', 'recommended', '--format', 'json', ...OFF_IN_REDOCLY.flatMap((rule) => ['--skip-rule', rule])];
  const { stdout } = await run(process.execPath, [REDOCLY, 'lint', file, ...options], { cwd: directory, env }).catch((error) => error);
  const { problems } = JSON.parse(stdout);
  t.deepEqual(
    problems.map(({ ruleId, message, location }: Schema) => `${ruleId}: ${message} (${location[0].pointer})`),
    [],
  );
});

/** What needs no key is refused to nobody. */
const OFF_IN_REDOCLY = ['operation-4xx-response'];

const OFF_IN_SPECTRAL = [
  // Redocly has looked at the examples.
  'oas3-valid-media-example',
  'oas3-valid-schema-example',
  // There is nobody but whoever runs the hub.
  'info-contact',
  // The WebSocket answers with 101.
  'operation-success-response',
  // An input is what can be too large; see the next test. What the hub answers is as long as it is.
  'owasp:api4:2023-string-limit',
  'owasp:api4:2023-array-limit',
  'owasp:api4:2023-integer-limit',
  'owasp:api4:2023-string-restricted',
  // Numbers are JavaScript's, of 53 bits.
  'owasp:api4:2023-integer-format',
  // No other origin may read an answer, so that none has a header that says which.
  'owasp:api8:2023-define-cors-origin',
  // Where the hub runs, and as what, is not known here.
  'owasp:api9:2023-inventory-environment',
  // What needs no key (health, this document) is neither refused nor counted; see the third test.
  'owasp:api2:2023-read-restricted',
  'owasp:api4:2023-rate-limit',
  'owasp:api4:2023-rate-limit-responses-429',
  'owasp:api8:2023-define-error-responses-401',
  'owasp:api8:2023-define-error-validation',
];

test('Spectral finds nothing, by its own rules and those of OWASP', async (t) => {
  const spectral = new Spectral();
  const rules = Object.fromEntries(OFF_IN_SPECTRAL.map((rule) => [rule, 'off' as const]));
  spectral.setRuleset({
    extends: [
      [oas as never, 'recommended'],
      [owasp as never, 'recommended'],
    ],
    rules,
  });
  const problems = await spectral.run(document);
  t.deepEqual(
    problems.map(({ code, message, path }) => `${code}: ${message} (${path.join('/')})`),
    [],
  );
});

test('Spectral finds nothing in the description of the events either', async (t) => {
  const spectral = new Spectral();
  spectral.setRuleset({
    extends: [[asyncapi as never, 'recommended']],
    rules: { 'asyncapi-info-contact': 'off', 'asyncapi-3-tags': 'off' },
  });
  const described = asyncApiDocument(document, 'https://hub.example.com') as Schema;
  t.like(described.servers, { hub: { host: 'hub.example.com', protocol: 'https' }, socket: { host: 'hub.example.com', protocol: 'wss' } });
  const problems = await spectral.run(described as never);
  t.deepEqual(
    problems.map(({ code, message, path }) => `${code}: ${message} (${path.join('/')})`),
    [],
  );
});

test('the collection for Postman has every request, with its places filled in and its examples', (t) => {
  const { info, variable, item: folders } = postmanCollection(document, 'https://hub.example.com') as Schema;
  t.regex(info.schema, /collection\/v2\.1\.0/);
  t.deepEqual(
    variable.map(({ key }: Schema) => key),
    ['baseUrl', 'key'],
  );
  t.is(variable[0].value, 'https://hub.example.com');
  const items = folders.flatMap(({ item }: Schema) => item);
  t.is(items.length, operations().length - 1, 'all but the WebSocket');
  for (const { name, request, response } of items) {
    const { raw, path, variable: places } = request.url;
    t.is(`{{baseUrl}}/${path.join('/')}`, raw, name);
    t.deepEqual(
      path.filter((part: string) => part.startsWith(':')),
      places.map(({ key }: Schema) => `:${key}`),
      name,
    );
    for (const { value } of places) t.not(value, '', raw);
    if (request.body?.options?.raw.language === 'json') t.notThrows(() => JSON.parse(request.body.raw), name);
    for (const { body } of response) t.notThrows(() => JSON.parse(body), name);
  }
});

test('every input has a limit', (t) => {
  const open: string[] = [];
  const walk = (schema: Schema, where: string): void => {
    const { $ref, type, properties = {}, additionalProperties, items } = schema;
    if ($ref) walk(document.components.schemas[$ref.split('/').at(-1)], where);
    for (const one of [...(schema.oneOf ?? []), ...(schema.anyOf ?? []), ...(schema.allOf ?? [])]) walk(one, where);
    const types = [type].flat();
    const isOpen =
      schema.enum === undefined &&
      schema.format !== 'binary' &&
      ((types.includes('string') && schema.maxLength === undefined) ||
        (types.includes('array') && schema.maxItems === undefined) ||
        (types.includes('integer') && (schema.minimum === undefined || schema.maximum === undefined)));
    if (isOpen) open.push(where);
    if (items) walk(items, `${where}[]`);
    for (const [name, member] of Object.entries(properties)) walk(member as Schema, `${where}.${name}`);
    if (typeof additionalProperties === 'object') walk(additionalProperties, `${where}.*`);
  };
  for (const { operationId, parameters = [], requestBody } of operations()) {
    // A path is as long as a request line may be.
    for (const { in: place, name, schema } of parameters) if (place !== 'path') walk(schema, `${operationId}?${name}`);
    for (const { schema } of Object.values<Schema>(requestBody?.content ?? {})) walk(schema, operationId);
  }
  t.deepEqual(open, []);
});

test('whatever needs a key says what becomes of who has none, or asks too often', (t) => {
  const open = operations().filter(({ security }) => security.length === 0);
  t.deepEqual(
    open.map(({ operationId }) => operationId),
    [
      'getFlowSchema',
      'getFlowTestSchema',
      'getHealthLive',
      'getHealthReady',
      'getOpenApi',
      'getAsyncApi',
      'getPostmanCollection',
      'getDocsScript',
      'getDocs',
    ],
  );
  for (const { operationId, security, responses } of operations()) {
    if (security.length === 0) continue;
    for (const status of [400, 401, 429, 500, 'default']) t.truthy(responses[status], `${operationId} ${status}`);
    for (const status of [200, 201, 202, 204])
      if (responses[status]) t.truthy(responses[status].headers.RateLimit, `${operationId} ${status}`);
  }
});

const operations = (): Schema[] => Object.values<object>(document.paths).flatMap((methods) => Object.values(methods));
