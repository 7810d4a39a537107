/** What may be written at a place of a flow, or of its tests, from the JSON Schema of their language. Pure. */

export interface Schema {
  $ref?: string;
  type?: string;
  const?: unknown;
  enum?: readonly unknown[];
  description?: string;
  properties?: Readonly<Record<string, Schema>>;
  required?: readonly string[];
  anyOf?: readonly Schema[];
  allOf?: readonly Schema[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  definitions?: Readonly<Record<string, Schema>>;
}

export interface Proposal {
  label: string;
  /** What it means. */
  info: string;
  isKey: boolean;
  /** It has to be there and is not. */
  isNeeded: boolean;
  /** What is put in: `#{…}` is filled in one after the other. Lines after the first begin where the first one does. */
  snippet: string;
}

export interface Proposals {
  /** Where the word begins that is being written. */
  from: number;
  list: Proposal[];
}

/** What leads from the root of a text to a place in it: a key, with the keys beside it, or an entry of a list. */
type Level = { key: string; beside: string[] } | 'entry';

interface Place {
  path: Level[];
  /** Keys that are there already, where another one is written; null where a value is. */
  beside: string[] | null;
  /** The word that is being written, up to the cursor. */
  word: string;
  /** Within `{ }` or `[ ]`: no new lines. */
  isInline: boolean;
}

interface Line {
  dashes: number[];
  key: { column: number; name: string } | null;
  /** Where what stands behind the dashes, or behind the key, begins. */
  behind: number;
}

const ENTRY = /^([ \t]*)((?:- +)*)(?:(-)$|([\p{L}\p{N}_.]+|"[^"]*"|'[^']*') *:(?= |$))?/u;
const isBlank = (line: string): boolean => /^\s*(?:#|$)/.test(line);
const WORD = /^[\w.]*$/;
/** Keys whose value is a part of the flow, or the id of a step. */
const LEADS = ['go', 'then', 'on_error', 'empty'];

/** Null where nothing can be said: in a text, in a comment, behind a whole word. */
export function proposalsAt(text: string, position: number, root: Schema): Proposals | null {
  const place = placeAt(text, position);
  if (!place) return null;
  const known = new Known(root);
  const nodes = known.at(place.path);
  const found = place.beside ? known.keys(nodes, place.beside, place) : known.values(nodes);
  const last = place.path.at(-1);
  const above = place.path.at(-2);
  const leads = [last, above].some((level) => level !== undefined && level !== 'entry' && LEADS.includes(level.key));
  const list = leads && !place.beside && nodes.some(({ type }) => type === 'string') ? [...targetsIn(text), ...found] : found;
  const seen = new Set<string>();
  const once = list.filter(({ label }) => !seen.has(label) && seen.add(label));
  return once.length > 0 ? { from: position - place.word.length, list: once } : null;
}

function* targetsIn(text: string): Iterable<Proposal> {
  const [, parts = ''] = /^parts:[^\n]*\n((?:[ \t]+[^\n]*\n?|\s*\n)*)/m.exec(text) ?? [];
  const [indent = ''] = /^[ \t]+/.exec(parts) ?? [];
  const names = [...parts.matchAll(/^([ \t]+)([a-z][a-z0-9_]*):/gm)].flatMap(([, before, name]) => (before === indent ? [name] : []));
  const ids = [...text.matchAll(/\bid: *([a-z][a-z0-9_]*)/g)].map(([, id]) => id);
  for (const label of [...names, ...ids] as string[]) yield { label, info: '', isKey: false, isNeeded: false, snippet: label };
}

function placeAt(text: string, position: number): Place | null {
  const start = text.lastIndexOf('\n', position - 1) + 1;
  const before = text.slice(start, position);
  if (/^[\w.]/.test(text.slice(position)) || /(?:^|\s)#|[-:]$/.test(before)) return null;
  const line = lineOf(before);
  const rest = before.slice(line.behind).trimStart();
  const inline = /^[{[]/.test(rest) ? inlineAt(rest) : undefined;
  if (inline === null || (!inline && !WORD.test(rest))) return null;
  const own: Place = inline ?? { path: [], beside: line.key ? null : [], word: rest, isInline: false };
  const column = line.key?.column ?? before.length - rest.length;
  const above = text.slice(0, Math.max(0, start - 1)).split('\n');
  const below = text.slice(position).split('\n').slice(1);
  const around = ancestors(line, start === 0 ? [] : above, column);
  if (!around) return null;
  around.beside.push(...keysBelow(below, column));
  return {
    ...own,
    path: [...around.path, ...own.path],
    beside: own.beside && !inline ? around.beside : own.beside,
  };
}

function lineOf(text: string): Line {
  const [all = '', indent = '', dashes = '', dash, key] = ENTRY.exec(text) ?? [];
  const at = [...dashes].flatMap((sign, index) => (sign === '-' ? [indent.length + index] : []));
  if (dash !== undefined) at.push(indent.length + dashes.length);
  const column = indent.length + dashes.length;
  return { dashes: at, key: key === undefined ? null : { column, name: key.replace(/^["']|["']$/g, '') }, behind: all.length };
}

/** What a line belongs to, up to the root; null within a text of several lines. `beside`: the keys of the mapping that it is in. */
function ancestors(own: Line, above: readonly string[], column: number): { path: Level[]; beside: string[] } | null {
  const path: Level[] = [];
  const beside: string[] = [];
  let limit = column;
  const top = (): Level | undefined => path[0];
  const takeDashes = (dashes: readonly number[]): void => {
    for (const dash of dashes.toReversed()) {
      if (dash >= limit) continue;
      path.unshift('entry');
      limit = dash;
    }
  };
  if (own.key) path.unshift({ key: own.key.name, beside });
  takeDashes(own.dashes);
  for (const text of above.toReversed()) {
    if (isBlank(text)) continue;
    const { key, dashes, behind } = lineOf(text.trimEnd());
    if (key) {
      const level = top();
      const isParent = key.column < limit || (key.column === limit && level === 'entry');
      if (isParent) {
        const value = text
          .slice(behind)
          .replace(/(?:^|\s)#.*/, '')
          .trim();
        // Text that goes on in the next line.
        if (value !== '') return null;
        path.unshift({ key: key.name, beside: [] });
        limit = key.column;
      } else if (key.column === limit) {
        (level === undefined ? beside : level === 'entry' ? [] : level.beside).push(key.name);
      }
    }
    takeDashes(dashes);
  }
  return { path, beside };
}

function keysBelow(below: readonly string[], column: number): string[] {
  const found: string[] = [];
  for (const text of below) {
    if (isBlank(text)) continue;
    const { key, dashes } = lineOf(text.trimEnd());
    const first = dashes[0] ?? key?.column ?? /^\s*/.exec(text)?.[0].length ?? 0;
    if (first < column || dashes[0] === column) break;
    if (key?.column === column) found.push(key.name);
  }
  return found;
}

/** Within `{ a: [b, ` and the like; null behind it, or within quotes. */
function inlineAt(text: string): Place | null {
  const open: { isList: boolean; key: string | null; beside: string[]; word: string }[] = [];
  let quote = '';
  for (const [at, sign] of [...text].entries()) {
    const inner = open.at(-1);
    if (quote !== '') {
      if (sign === quote) quote = '';
    } else if ((sign === '"' || sign === "'") && (inner?.word ?? '').trim() === '') {
      quote = sign;
      if (inner) inner.word += sign;
    } else if (sign === '{' || sign === '[') {
      // Not those of `{{ name }}`, which stand in quotes.
      open.push({ isList: sign === '[', key: null, beside: [], word: '' });
    } else if (sign === '}' || sign === ']') {
      open.pop();
      if (open.length === 0) return null;
    } else if (!inner) {
      return null;
    } else if (sign === ',') {
      if (inner.key !== null) inner.beside.push(inner.key);
      inner.key = null;
      inner.word = '';
    } else if (sign === ':' && !inner.isList && inner.key === null && /^(?:\s|$)/.test(text.slice(at + 1))) {
      inner.key = inner.word.trim();
      inner.word = '';
    } else {
      inner.word += sign;
    }
  }
  const inner = open.at(-1);
  const word = inner?.word.trimStart() ?? '';
  if (!inner || quote !== '' || !WORD.test(word)) return null;
  const path: Level[] = open.flatMap(({ isList, key, beside }): Level[] => (isList ? ['entry'] : key === null ? [] : [{ key, beside }]));
  const isKey = !inner.isList && inner.key === null;
  return { path, beside: isKey ? inner.beside : null, word, isInline: true };
}

class Known {
  readonly #root: Schema;

  constructor(root: Schema) {
    this.#root = root;
  }

  /** Each of the forms that a node may have. */
  #forms(given: Schema): Schema[] {
    const { $ref, allOf, anyOf, ...own } = given;
    const target = $ref === undefined ? undefined : this.#root.definitions?.[$ref.split('/').at(-1) ?? ''];
    const inner = [...(target ? [target] : []), ...(allOf ?? [])].flatMap((one) => this.#forms(one));
    const forms = anyOf ? anyOf.flatMap((one) => this.#forms(one)) : inner;
    if (forms.length === 0) return [own];
    // What is said of the place goes before what is said of what stands there, where that is only one.
    return forms.length === 1 ? forms.map((form) => ({ ...form, ...own })) : forms;
  }

  at(path: readonly Level[]): Schema[] {
    let nodes = this.#forms(this.#root);
    for (const level of path) {
      const isList = level === 'entry';
      const within = isList ? nodes : fitting(nodes, [level.key, ...level.beside]);
      nodes = within.flatMap((node) => {
        const next = isList ? node.items : (node.properties?.[level.key] ?? node.additionalProperties);
        return typeof next === 'object' ? this.#forms(next) : [];
      });
    }
    return nodes;
  }

  values(nodes: readonly Schema[]): Proposal[] {
    return nodes.flatMap(({ type, const: only, enum: several, description }) => {
      const all = several ?? (only !== undefined ? [only] : type === 'boolean' ? [true, false] : []);
      return all.map(String).map((label) => ({ label, info: description ?? '', isKey: false, isNeeded: false, snippet: label }));
    });
  }

  keys(nodes: readonly Schema[], beside: readonly string[], { isInline }: Pick<Place, 'isInline'>): Proposal[] {
    const entries = beside.length > 0 || isInline ? [] : nodes.flatMap(({ items }) => (items ? this.#forms(items) : []));
    if (entries.length > 0) {
      return this.keys(entries, [], { isInline }).map((one) => ({ ...one, snippet: `- ${one.snippet.replaceAll('\n', '\n  ')}` }));
    }
    const bare = beside.length > 0 ? [] : this.values(nodes);
    const mappings = fitting(nodes, beside);
    const decided = mappings.length > 1 ? mappings.filter(({ properties }) => beside.includes(firstOf(properties))) : mappings;
    const open = decided.length > 0 ? decided : mappings;
    const found = open.flatMap((node) => {
      const { properties = {}, required = [], description } = node;
      const left = Object.keys(properties).filter((key) => !beside.includes(key));
      const isOne = decided.length > 0;
      return left
        .filter((key) => isOne || key === firstOf(properties) || key === 'id')
        .map((label): Proposal => {
          const own = this.#forms(properties[label] as Schema).find((form) => form.description)?.description;
          const isWhole = !isOne && label !== 'id';
          const others = isWhole ? required.filter((key) => key !== label && !beside.includes(key)) : [];
          const lines = [label, ...others].map((key) => `${key}:${this.#template(key, properties[key] as Schema, isInline)}`);
          return {
            ...{ label, info: (isWhole ? description : undefined) ?? properties[label]?.description ?? own ?? '' },
            ...{ isKey: true, isNeeded: isOne && required.includes(label), snippet: lines.join(isInline ? ', ' : '\n') },
          };
        });
    });
    return [...bare, ...found];
  }

  /** What stands behind a key, to be filled in. */
  #template(key: string, node: Schema, isInline: boolean): string {
    const forms = this.#forms(node);
    if (this.values(forms).length > 0) return ' #{}';
    if (forms.some(({ type }) => type === 'string' || type === 'number' || type === 'integer')) return ` #{${key}}`;
    const [form = {}] = forms;
    if (form.type === 'array') return isInline ? ' [#{}]' : '\n  - #{}';
    if (form.type !== 'object') return ' #{}';
    const [needed] = form.required ?? [];
    if (isInline) return needed === undefined ? ' { #{} }' : ` { ${needed}: #{} }`;
    return needed === undefined ? '\n  #{}' : `\n  ${needed}: #{}`;
  }
}

const firstOf = (properties: Schema['properties']): string => Object.keys(properties ?? {})[0] ?? '';

/** The mappings that may have all these keys; all of them where none may. */
function fitting(nodes: readonly Schema[], keys: readonly string[]): Schema[] {
  const mappings = nodes.filter(({ properties, additionalProperties }) => properties || typeof additionalProperties === 'object');
  const fits = mappings.filter(
    ({ properties = {}, additionalProperties }) => typeof additionalProperties === 'object' || keys.every((key) => key in properties),
  );
  return fits.length > 0 ? fits : mappings;
}
