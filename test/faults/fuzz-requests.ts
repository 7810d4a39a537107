/** Requests that nobody would write: each is right by /openapi.json and then is not, the same ones for the same seed. */
import { gzipSync } from 'node:zlib';
import type { Operation, Schema } from '../helpers/openapi.ts';

export interface FuzzRequest {
  method: string;
  /** As it goes out. */
  path: string;
  headers: Record<string, string>;
  body?: Buffer;
  who: Who;
  /** Bytes for the socket instead, and whether it is broken off behind them. */
  raw?: { bytes: Buffer; breaksOff: boolean };
}
export type Who = 'tenant' | 'narrow key' | 'operator for the tenant' | 'operator' | 'wrong key' | 'nobody';

/** Dice that fall the same way for the same seed (mulberry32). */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 up to but not 1. */
  throw(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  below(count: number): number {
    return Math.floor(this.throw() * count);
  }

  chance(share: number): boolean {
    return this.throw() < share;
  }

  pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }
}

const TEXTS = [
  ...['', ' ', '\t', '\n', '\0', 'a\0b', '\r\nX-Injected: 1', '\ud800', '\udfff\ud800', '\u202eabc', '\ufeff', 'ünï', '👋'.repeat(40)],
  ...['İıſK', 'a\u0301'.repeat(200), 'x'.repeat(65), 'x'.repeat(300), 'x'.repeat(2_001), 'x'.repeat(70_000)],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', '[object Object]', 'null', 'undefined', 'NaN', 'true'],
  ...['../../etc/passwd', '..', '.', '%2f', '%00', '%', '{{ x }}', '{% raw %}', '<script>alert(1)</script>', "' OR 1=1 --", '`id`'],
  ...['0', '-1', '1e999', '9007199254740993', '*', '**', '.*', '(', '[', '\\', '"', "'", ','],
  ...['9999-12-31T23:59:59Z', '0000-01-01T00:00:00Z', '2026-02-30T00:00:00Z', '2026-01-01T00:00:00+99:99', '275760-09-13T00:00:00.001Z'],
  ...['2026-11-29', '1700000000', 'P1D', '23:59', '24:00', 'Europe/Berlin', 'etc/UTC', 'Mars/Olympus', 'data:,x', 'file:///etc/passwd'],
  ...['http://127.0.0.1:9/', 'http://user:pass@127.0.0.1:9/', 'http://[::1', 'http://a..b/', 'javascript:1', 'http://10.0.0.5/', 'ftp://x'],
  ...[
    '5511988887777',
    '+55 11 98888-7777',
    '0',
    '1'.repeat(30),
    '5511988887777@c.us',
    '1@lid',
    '@',
    'status@broadcast',
    '1@g.us',
    '-1@g.us',
  ],
] as const;
const NUMBERS = [-1, 0, 1, 2, 1.5, 255, 65_536, -2_147_483_649, 2 ** 53, 2 ** 63, 1e21, 1e308, -1e308, Number.MIN_VALUE] as const;
/** As JSON may write them, and JSON.stringify does not. */
const WRITTEN = ['1e400', '-0', '1E+2', '123456789012345678901234567890', '0.1e-400', '[]', '{}', 'nul', '1.', '.5', '+1', '01'] as const;
const TYPES = [
  ...['application/json', 'application/json; charset=utf-16', 'application/JSON;x', 'text/plain', 'application/yaml', 'text/yaml'],
  ...['application/x-www-form-urlencoded', 'application/octet-stream', 'multipart/form-data', 'multipart/form-data; boundary='],
  ...['multipart/form-data; boundary=x', 'application/problem+json', 'image/png', 'x', '', '/', 'application/json, application/yaml'],
] as const;
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS', 'TRACE', 'PROPFIND', 'LINK'] as const;
/** Of a value that any header may carry. */
const HEADERS = [
  ...['accept', 'accept-encoding', 'range', 'if-none-match', 'if-range', 'idempotency-key', 'last-event-id', 'x-tenant-id', 'x-api-key'],
  ...['x-forwarded-for', 'forwarded', 'origin', 'cookie', 'referer', 'content-encoding', 'content-language', 'x-http-method-override'],
  ...['if-modified-since', 'sec-websocket-key', 'sec-websocket-protocol', 'user-agent', 'te', 'expect', 'upgrade', 'via'],
] as const;
const VALUES = [
  ...['', '*', '*/*;q=0', 'text/event-stream', 'image/svg+xml', 'application/json;q=0', 'gzip', 'br', 'identity;q=0', 'bytes=0-'],
  ...['bytes=5-1', 'bytes=-0', 'bytes=0-0,2-2', `bytes=${'0-0,'.repeat(500)}`, 'bytes=99999999999999999999-', '"', 'W/"x"', '*', 'k'],
  ...['k'.repeat(300), 'k k', '\u00e9', '100-continue', 'websocket', 'h2c', 'a=b; c=d', 'chunked', 'trailers', 'x'.repeat(6_000)],
] as const;
/** What a path may not be, or may. */
const PIECES = [
  ...['%', '%zz', '%ff', '%E0%A4%A', '%00', 'a%00b', 'a%2fb', '%2e%2e', '..', '%2e%2e%2f%2e%2e%2fetc', 'x'.repeat(300), '%F0%9F%91%8B'],
  ...['__proto__', 'ses_', 'a;b', 'a:b', '*', '()', "'", '%27', '%0d%0aX:1', 'a%20b', '.', ',', '%5c..%5c', '%C0%AE'],
] as const;
/** Flows by which somebody would hold up the hub, and some that are right. */
const FLOWS = [
  'flow: greet\nversion: 1\nstart:\n  - says: [fuzzed]\nsteps:\n  - say: hello\n',
  'flow: greet\nversion: 1\nstart:\n  - matches: ["a+b?", "(x|y){1,30}z"]\nsteps:\n  - ask: Who?\n    save: who\n  - say: "{{ who }}"\n  - end\n',
  'flow: greet\nversion: 1\nstart:\n  - any: true\nsteps:\n  - http: GET http://127.0.0.1:9/\n    headers: { Content-Length: "0", Host: x }\n  - end\n',
  `flow: greet\nversion: 1\nsteps:\n${'  - {}\n'.repeat(3_000)}`,
  `steps: [${'~,'.repeat(8_000)}]`,
  `[${','.repeat(20_000)}`,
  `${'a: &a [*a]\n'.repeat(50)}`,
  `flow: greet\n${Array.from({ length: 1_500 }, (_, i) => `k${i}: 1`).join('\n')}`,
  `start: [{matches: [${'".{500}.{500}b",'.repeat(5)}]}]`,
  `flow: greet\nversion: 1\nsteps:\n  - say: "${'{{ x | append: x }}'.repeat(300)}"\n`,
  `${'- '.repeat(3_000)}x`,
  '!!js/function "x"',
  'a: 1\na: 2\n',
  '---\na: 1\n---\nb: 2\n',
] as const;

const WHO: readonly Who[] = [
  ...Array<Who>(14).fill('tenant'),
  ...['narrow key', 'operator for the tenant', 'operator for the tenant', 'wrong key', 'nobody'].map((who) => who as Who),
];

/** What stands where something is named: of the tenant itself, by what names it, and of another one. */
export interface Names {
  own: Readonly<Record<string, readonly string[]>>;
  others: readonly string[];
}

/** What a member or parameter names; a parameter of a path goes by what stands before it. */
const KINDS: Record<string, string> = {
  ...{ session: 'sessions', message: 'messages', messageId: 'messages', replyTo: 'messages', engineId: 'messages', mediaId: 'media' },
  ...{ after: 'events', cursor: 'events', 'last-event-id': 'events', flow: 'flows', group: 'groups', name: 'flows', resource: 'sessions' },
};
const PEOPLE = /^(?:to|from|chat|contact|participants|participant|mentions|phone|phones|lid)$/;

export class Fuzzer {
  readonly #operations: readonly Operation[];
  readonly #names: Names;
  #dice = new Dice(0);

  constructor(operations: readonly Operation[], names: Names) {
    this.#operations = operations;
    this.#names = names;
  }

  /** The request of this number for this seed, whatever was asked for before. */
  request(seed: number, number: number): FuzzRequest {
    this.#dice = new Dice(Math.imul(seed, 0x9e3779b1) + number);
    const dice = this.#dice;
    for (let i = 0; i < 3; i++) dice.throw();
    const made = this.#request();
    if (dice.chance(0.05)) return { ...made, raw: this.#asBytes(made) };
    return made;
  }

  #request(): FuzzRequest {
    const dice = this.#dice;
    const operation = dice.pick(this.#operations);
    const who = operation.right === 'admin' ? dice.pick<Who>(['tenant', 'operator', 'nobody']) : dice.pick(WHO);
    const headers: Record<string, string> = {};
    const body = this.#bodyFor(operation, headers);
    if (dice.chance(0.15)) headers[dice.pick(HEADERS)] = dice.chance(0.3) ? this.#name('events') : dice.pick(VALUES);
    if (dice.chance(0.05)) headers['content-type'] = dice.pick(TYPES);
    const method = dice.chance(0.05) ? dice.pick(METHODS) : operation.method;
    return { method, path: this.#path(operation), headers, body, who };
  }

  /** `kind`: as in the path of what it names. */
  #name(kind: string): string {
    const { own, others } = this.#names;
    const dice = this.#dice;
    if (dice.chance(0.7)) return dice.pick(own[kind] ?? Object.values(own).flat());
    return dice.chance(0.6) ? dice.pick(others) : String(dice.pick(TEXTS));
  }

  #path({ path, parameters, method }: Operation): string {
    const dice = this.#dice;
    const filled = path.replace(/([\w-]+)\/\{(\w+)\}/g, (_, kind, name) => {
      if (dice.chance(0.08)) return `${kind}/${dice.pick(PIECES)}`;
      // What is removed is gone for the requests to come: most of the time it is another's.
      const isSpared = method === 'DELETE' && dice.chance(0.9);
      const value = isSpared ? dice.pick(this.#names.others) : PEOPLE.test(name) ? '5511988887777' : this.#name(kind);
      return `${kind}/${encodeURIComponent(value.toWellFormed())}`;
    });
    const query = parameters.flatMap(({ in: where, name, schema, required }) =>
      where === 'query' && (required || dice.chance(0.5)) ? [[name, String(this.#value(schema, name) ?? '')]] : [],
    );
    if (dice.chance(0.08)) query.push(dice.pick(query.length > 0 ? query : [['limit', '1']]));
    if (dice.chance(0.05)) query.push([String(dice.pick(TEXTS)), 'x']);
    if (dice.chance(0.01)) query.push(['cursor', 'A'.repeat(10_000)]);
    const written = query.map(
      ([name = '', value = '']) => `${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(value.toWellFormed())}`,
    );
    const whole = `${filled}${written.length > 0 ? `?${written.join('&')}` : ''}`.slice(0, 14_000);
    if (!dice.chance(0.04)) return whole;
    return dice.pick([
      `/${whole}`,
      whole.toUpperCase(),
      `${whole}/`,
      `${whole}%`,
      `${whole}?%zz&=&&a[b]=c`,
      whole.replace('/api', '/api/./../api'),
      '*',
    ]);
  }

  #bodyFor({ bodies }: Operation, headers: Record<string, string>): Buffer | undefined {
    const dice = this.#dice;
    const types = Object.keys(bodies);
    if (types.length === 0) {
      if (!dice.chance(0.1)) return undefined;
      headers['content-type'] = 'application/json';
      return this.#written({ x: dice.pick(TEXTS) });
    }
    const type = dice.pick(types);
    headers['content-type'] = type === '*/*' ? dice.pick(['text/csv', 'image/png', 'application/json', 'text/html']) : type;
    if (type === 'application/yaml') return Buffer.from(this.#spoilt(dice.pick(FLOWS), 0.5));
    if (type === 'multipart/form-data') return this.#form(bodies[type], headers);
    if (type !== 'application/json') return Buffer.from(dice.pick(['x', '', '\0'.repeat(5_000), `${dice.throw()}`]));
    return this.#written(this.#value(bodies[type], ''));
  }

  /** A value by its schema, with a share of what it does not say. */
  #value(schema: Schema, name: string, depth = 0): unknown {
    const dice = this.#dice;
    if (dice.chance(0.04) || depth > 12) return this.#wrong();
    const alternatives = schema.oneOf ?? schema.anyOf;
    if (alternatives) return this.#value(dice.pick(alternatives), name, depth + 1);
    // A browser for every other session would take the machine.
    if (schema.enum) return name === 'engine' ? 'sandbox' : dice.pick(schema.enum);
    switch (dice.pick([schema.type ?? (schema.properties ? 'object' : 'string')].flat())) {
      case 'object': {
        const required: string[] = schema.required ?? [];
        const members = Object.entries(schema.properties ?? {})
          .filter(([member]) => dice.chance(required.includes(member) ? 0.97 : member === 'engine' ? 1 : 0.3))
          .map(([member, one]) => [member, this.#value(one, member, depth + 1)]);
        if (schema.additionalProperties !== false || dice.chance(0.03)) {
          for (let i = dice.below(3); i > 0; i--) members.push([String(dice.pick(TEXTS)), this.#wrong()]);
        }
        return Object.fromEntries(members);
      }
      case 'array': {
        const count = dice.chance(0.03) ? 500 : dice.below(4) + (schema.minItems ?? 0);
        return Array.from({ length: count }, () => this.#value(schema.items, name, depth + 1));
      }
      case 'integer':
      case 'number':
        if (dice.chance(0.15)) return dice.pick(NUMBERS);
        // A delay of an hour would tell nobody anything.
        return (schema.minimum ?? 0) + dice.below(Math.min((schema.maximum ?? 100) - (schema.minimum ?? 0), 2_000) + 1);
      case 'boolean':
        return dice.chance(0.5);
      case 'null':
        return null;
      default:
        return this.#text(schema, name);
    }
  }

  #text(schema: Schema, name: string): string {
    const dice = this.#dice;
    if (dice.chance(0.15)) return String(dice.pick(TEXTS));
    const kind = name === 'sessions' ? name : KINDS[name];
    if (kind) return this.#name(kind);
    if (PEOPLE.test(name)) return dice.pick(['5511988887777', '+55 21 97777-6666', '120363000000000000@g.us', '77@lid']);
    if (schema.format === 'date-time') return new Date(Date.UTC(2026, 10, 29) + (dice.throw() - 0.5) * 1e11).toISOString();
    if (name === 'url')
      return dice.pick(['http://127.0.0.1:9/', 'http://127.0.0.1:9/a?b#c', 'https://hooks.invalid/', 'http://localhost:9/']);
    if (name === 'base64') return Buffer.from(`file ${dice.below(50)}`).toString('base64');
    if (name === 'source') return dice.pick(FLOWS);
    return schema.example ?? 'word '.repeat(1 + dice.below(4)).trim();
  }

  #wrong(): unknown {
    const dice = this.#dice;
    switch (dice.below(9)) {
      case 0:
        return null;
      case 1:
        return dice.pick(NUMBERS);
      case 2:
        return dice.chance(0.5);
      case 3:
        return [];
      case 4:
        return {};
      case 5:
        return Array.from({ length: dice.pick([1, 10, 2_000]) }, () => dice.pick(TEXTS.slice(0, 15)));
      case 6: {
        let nested: unknown = 'deep';
        for (let i = dice.pick([3, 50, 1_500]); i > 0; i--) nested = i % 2 ? [nested] : { a: nested };
        return nested;
      }
      default:
        return dice.pick(TEXTS);
    }
  }

  /** As JSON, most of the time. */
  #written(value: unknown): Buffer {
    const dice = this.#dice;
    let text = JSON.stringify(value ?? null);
    if (!dice.chance(0.2)) return Buffer.from(text);
    switch (dice.below(9)) {
      case 0:
        return Buffer.from(this.#spoilt(text, 1));
      case 1:
        text = text.replace(/^\{/, `{"__proto__":{"admin":true},${text.length > 2 ? '' : '"a":1'}`);
        break;
      case 2:
        // A member twice.
        text = text.replace(/^\{("[^"]+":)/, (_, member) => `{${member}null,${member}`);
        break;
      case 3:
        text = text.replace(/:(?:\d+|"[^"\\]*")/, () => `:${dice.pick(WRITTEN)}`);
        break;
      case 4:
        text = `\ufeff${text}`;
        break;
      case 5:
        return Buffer.from(text, 'utf16le');
      case 6:
        return Buffer.concat([Buffer.from(text.slice(0, -1)), Buffer.from([0xff, 0xfe, 0xc0, 0x80])]);
      case 7:
        return gzipSync(text);
      default:
        text = `${'['.repeat(5_000)}${text}`;
    }
    return Buffer.from(text);
  }

  /** With so much a chance of a piece gone, doubled or changed. */
  #spoilt(text: string, share: number): string {
    const dice = this.#dice;
    if (!dice.chance(share)) return text;
    const at = dice.below(text.length + 1);
    const to = Math.min(text.length, at + 1 + dice.below(20));
    return dice.pick([
      text.slice(0, at),
      text.slice(0, at) + text.slice(to),
      text.slice(0, to) + text.slice(at),
      `${text.slice(0, at)}${dice.pick(TEXTS)}${text.slice(at)}`,
    ]);
  }

  #form(schema: Schema, headers: Record<string, string>): Buffer {
    const dice = this.#dice;
    headers['content-type'] = 'multipart/form-data; boundary=fuzz';
    const members = Object.entries((this.#value(schema, '') ?? {}) as object);
    const parts = members.map(([name, value]) => {
      const file =
        name === 'file'
          ? `; filename="${dice.pick(['a.png', '', '../../x', 'a\u0000b', 'ü.txt', 'x'.repeat(400)])}"\r\ncontent-type: image/png`
          : '';
      return `--fuzz\r\ncontent-disposition: form-data; name="${name}"${file}\r\n\r\n${typeof value === 'string' ? value : JSON.stringify(value)}\r\n`;
    });
    return Buffer.from(this.#spoilt(`${parts.join('')}--fuzz--\r\n`, 0.3));
  }

  /** On the socket as no client sends it. Where keys go, `KEY` stands. */
  #asBytes({ method, path, headers, body = Buffer.alloc(0) }: FuzzRequest): { bytes: Buffer; breaksOff: boolean } {
    const dice = this.#dice;
    const line = `${method} ${path.replace(/[^\x21-\x7e]/g, '')} HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer KEY\r\n`;
    const plain = Object.entries(headers).map(([name, value]) => `${name}: ${value.replace(/[^\x20-\x7e]/g, '')}\r\n`);
    const head = `${line}${plain.join('')}`;
    const whole = Buffer.concat([Buffer.from(`${head}content-length: ${body.length}\r\n\r\n`), body]);
    const next = 'GET /api/sessions HTTP/1.1\r\nhost: hub\r\nauthorization: Bearer KEY\r\n\r\n';
    const bytes = (text: string) => ({ bytes: Buffer.from(text), breaksOff: true });
    return dice.pick([
      { bytes: Buffer.concat([whole, Buffer.from(next.repeat(5)), whole]), breaksOff: false },
      { bytes: whole.subarray(0, dice.below(whole.length)), breaksOff: true },
      bytes(`${head}content-length: 5\r\ncontent-length: 6\r\n\r\n12345`),
      bytes(`${head}transfer-encoding: chunked\r\n\r\nzz\r\n`),
      bytes(`${head}transfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n${next}`),
      bytes(`${head}x: ${'y'.repeat(20_000)}\r\n\r\n`),
      bytes(`${head}${'x-a: b\r\n'.repeat(3_000)}\r\n`),
      bytes(`${head}content-length: 99999999999999999999\r\n\r\nx`),
      bytes(`${head}expect: x\r\ncontent-length: 1\r\n\r\nx`),
      bytes(`${method} ${path.slice(0, 50)}\r\n\r\n`),
      bytes(`${head} folded: x\r\nbad header\r\n\r\n`),
      bytes(`\0\x01\x02 ${head}\r\n`),
      bytes(`${head}content-length: ${body.length + 100}\r\n\r\n${body.toString('latin1')}`),
    ]);
  }
}
