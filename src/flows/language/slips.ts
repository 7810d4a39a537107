/**
 * What YAML takes otherwise than it was meant, without an error: a text that ends at ` #`, a number that loses a zero. Told when a
 * flow is checked; a text that was published before is read as it always was.
 */
import { type Document, isMap, isScalar, isSeq, type Scalar } from 'yaml';

/** What people read: a comment behind it is hardly ever meant for one. */
const TEXTS = new Set([
  'say',
  'ask',
  'menu',
  'list',
  'poll',
  'one_of',
  'text',
  'label',
  'options',
  'caption',
  'note',
  'title',
  'footer',
  'button',
  ...['user', 'bot', 'contains'],
]);
/** Words of the language, and what is no text for people: a comment behind them is one. */
const WORDS = new Set([
  ...[
    'flow',
    'version',
    'description',
    'mode',
    'runs',
    'gather',
    'locale',
    'timezone',
    'typing',
    'wait',
    'go',
    'call',
    'expect',
    'save',
    'id',
  ],
  ...['then', 'else', 'on_error', 'after', 'tries', 'again_after', 'timeout', 'retries', 'selectable', 'pause', 'steps', 'inputs', 'chat'],
  ...['open', 'closed', 'event', 'days', 'at', 'session', 'media', 'known', 'unknown', 'handoff', 'api', 'anything'],
]);

export function* slipsIn(document: Document, text: string): Iterable<{ offset: number; message: string }> {
  yield* torn(document.contents, text);
  for (const { node, key } of scalarsIn(document.contents, '')) {
    if (node.type !== 'PLAIN' || !node.range) continue;
    const [begin, end] = node.range;
    if (typeof node.value === 'number') {
      const written = text.slice(begin, end);
      if (isChanged(written, node.value))
        yield { offset: begin, message: `put "${written}" in quotes: without them it is the number ${node.value}` };
      continue;
    }
    const comment = /^[ \t]+#(.)?/.exec(text.slice(end, end + 200));
    if (!comment || typeof node.value !== 'string') continue;
    const isGlued = comment[1] !== undefined && /\S/.test(comment[1]);
    if (TEXTS.has(key) || (isGlued && !WORDS.has(key))) {
      const message = 'the text ends here, as " #" begins a comment: put the text in quotes (or the comment on a line of its own)';
      yield { offset: end + comment[0].indexOf('#'), message };
    }
  }
}

/** `{ a: Yes, please, b: No }` has a key "please" with nothing behind it. */
function* torn(node: unknown, text: string): Iterable<{ offset: number; message: string }> {
  if (isSeq(node)) for (const one of node.items) yield* torn(one, text);
  if (!isMap(node)) return;
  for (const { key, value } of node.items) {
    const isTorn =
      node.flow === true && isScalar(key) && key.range && (value === null || (isScalar(value) && value.value === null && !value.source));
    if (isTorn && key.range)
      yield {
        offset: key.range[0],
        message: text.startsWith('{', node.range?.[0])
          ? 'the text before it ends at the comma: between { and } a text with a comma must stand in quotes'
          : 'a text that ends with ":" must stand in quotes',
      };
    else yield* torn(value, text);
  }
}

/** `01310`, `0x1F`, `1e3`, and more digits than a number keeps. */
function isChanged(written: string, value: number): boolean {
  return /^[-+]?0[\dxo]/i.test(written) || /e/i.test(written) || !Number.isFinite(value) || written.replace(/\D/g, '').length > 15;
}

/** Scalars that are values, each with the key that it belongs to. */
function* scalarsIn(node: unknown, key: string): Iterable<{ node: Scalar; key: string }> {
  if (isScalar(node)) yield { node, key };
  else if (isSeq(node)) for (const one of node.items) yield* scalarsIn(one, key);
  else if (isMap(node)) {
    for (const pair of node.items) {
      const name = isScalar(pair.key) ? String(pair.key.value) : '';
      // The labels of options have keys of their own.
      yield* scalarsIn(pair.value, key === 'options' && !TEXTS.has(name) && name !== 'also' ? 'options' : name);
    }
  }
}
