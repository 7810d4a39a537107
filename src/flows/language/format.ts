/** The text of a flow, or of its tests, as it is usually written. */
import { type Document, isMap, parseDocument, visit } from 'yaml';
import type { Fault } from '../../core/errors.ts';
import type { FlowSource } from './parse.ts';
import { readYaml } from './yaml.ts';

/** Characters of a list or mapping in one line; one that is longer stands below its key, where it had several lines before. */
const LONGEST = 140;

/**
 * Indented by two, with one blank between things and no line folded; comments, empty lines, quotes and the order stay.
 * `faults`: it is no YAML, and where. Never throws.
 */
export function formatYaml({ path, source }: FlowSource): { text: string } | { faults: Fault[] } {
  const { faults } = readYaml(source);
  if (faults.length > 0) return { faults: faults.map(({ line, column, message }) => ({ path: `${path}:${line}:${column}`, message })) };
  try {
    const document = parseDocument(source, { stringKeys: true });
    layOut(document, source);
    return { text: document.toString({ lineWidth: 0 }) };
  } catch (error) {
    const message = error instanceof RangeError ? 'is nested too deeply' : `cannot be read as YAML: ${String(error)}`;
    return { faults: [{ path: `${path}:1:1`, message }] };
  }
}

/** `[a, b]` stands close and `{ a: b }` with room, which the writer of YAML knows only for both together. */
function layOut(document: Document, source: string): void {
  visit(document, {
    Collection(_, node) {
      if (!node.flow || !node.range) return;
      const before = source.slice(node.range[0], node.range[1]);
      if (before.includes('\n') && before.replace(/\s+/g, ' ').length > LONGEST) {
        node.flow = false;
        return;
      }
      const written = node.toString.bind(node);
      const flowCollectionPadding = isMap(node) ? ' ' : '';
      node.toString = (context, ...rest) => written(context && { ...context, flowCollectionPadding }, ...rest);
    },
  });
}
