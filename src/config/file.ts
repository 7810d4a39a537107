import { readFileSync } from 'node:fs';
import { isMap, isScalar, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import { type Fault, messageOf } from '../core/errors.ts';
import { utf8 } from '../core/utf8.ts';

/** What a configuration file says, and where it says it. */
export interface ConfigFile {
  values: unknown;
  faults: Fault[];
  /** Whether it says something of this key. */
  has(path: readonly PropertyKey[]): boolean;
  /** `config.yaml:3:5`: of the key itself, or of its value where the value is what is wrong. */
  placeOf(path: readonly PropertyKey[], part: 'key' | 'value'): string;
}

/** Their messages repeat a piece of the file, which may be a secret. */
const QUOTING_FAULTS = ['UNEXPECTED_TOKEN', 'TAG_RESOLVE_FAILED', 'BAD_DQ_ESCAPE'];

/** `name` is what messages call the file. Null when there is no such file. Throws when there is one that cannot be read. */
export function readConfigFile(path: string, name: string): ConfigFile | null {
  const text = readText(path);
  return text === null ? null : parseConfigFile(text, name);
}

function readText(path: string): string | null {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
  const text = utf8(bytes);
  if (text === null) throw new Error('it is not UTF-8');
  return text;
}

function parseConfigFile(text: string, name: string): ConfigFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const placeAt = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${name}:${line}:${col}`;
  };
  const faults = [...document.errors, ...document.warnings].map(({ code, message, pos }) => ({
    path: placeAt(pos[0]),
    message: QUOTING_FAULTS.includes(code) ? 'this cannot be read as YAML; text with special characters goes in quotes' : message,
  }));
  let values: unknown;
  try {
    if (faults.length === 0) values = document.toJS();
  } catch (error) {
    faults.push({ path: placeAt(0), message: messageOf(error) });
  }
  return {
    values,
    faults,
    has: (path) => document.hasIn(path),
    placeOf(path, part) {
      const node = part === 'key' ? pairAt(document.contents, path)?.key : document.getIn(path, true);
      return placeAt((node as Node | undefined)?.range?.[0] ?? document.contents?.range?.[0] ?? 0);
    },
  };
}

function pairAt(root: unknown, path: readonly PropertyKey[]): Pair<unknown, unknown> | undefined {
  let pair: Pair<unknown, unknown> | undefined;
  let node = root;
  for (const name of path) {
    if (!isMap(node)) return undefined;
    pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(name));
    node = pair?.value;
  }
  return pair;
}
