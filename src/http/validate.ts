import type { z } from 'zod';
import { type ErrorCode, type Fault, HooklineError, toldFaults } from '../core/errors.ts';
import { flawOf } from '../core/utf8.ts';
import { explainJson, faultsOfAnyForm } from '../schema-errors/json-words.ts';
import { spreadIssues } from '../schema-errors/zod-messages.ts';

/** No route takes more levels; what is far deeper cannot be written as JSON again. */
const DEEPEST = 64;
/** Of a list with a fault in every entry, the answer names so many. */
const MOST_FAULTS = 100;

/** `contacts.0.name`; the root of the value has no name of its own. */
const pathOf = (path: readonly PropertyKey[], root: string): string => (path.length === 0 ? root : path.map(String).join('.'));

/** What no route takes, whatever its schema says of the place. */
function* unfit(value: unknown, root: string, path: readonly string[] = []): Generator<Fault> {
  const fault = (message: string): Fault => ({ path: pathOf(path, root), message });
  const flaw = typeof value === 'string' ? flawOf(value) : null;
  if (flaw !== null) yield fault(flaw);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return;
  if (path.length >= DEEPEST) {
    yield fault(`is nested deeper than ${DEEPEST} levels`);
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    const flawed = flawOf(key);
    if (flawed !== null) yield fault(`has a key that ${flawed}`);
    yield* unfit(member, root, [...path, key]);
  }
}

/** Each unknown key is a fault of its own, at its own place. */
function faultsOf(issue: z.core.$ZodIssue, root: string): Fault[] {
  if (issue.code === 'unrecognized_keys') {
    const words = issue.message.split('\n');
    return issue.keys.map((key, at) => ({ path: pathOf([...issue.path, key], root), message: words[at] ?? 'unknown key' }));
  }
  return [{ path: pathOf(issue.path, root), message: issue.message }];
}

/** What the schema makes of `value`; a refusal names every place that is wrong, not only the first. */
export function validate<S extends z.ZodType>(
  schema: S,
  value: unknown,
  code: ErrorCode & ('invalid-body' | 'invalid-query'),
): z.output<S> {
  const root = code === 'invalid-body' ? 'body' : 'query';
  const faults = unfit(value, root).take(MOST_FAULTS).toArray();
  if (faults.length > 0) throw invalid(faults, root, code);
  const result = schema.safeParse(value, { error: explainJson });
  if (result.success) return result.data;
  const { issues } = result.error;
  const all = issues.flatMap((issue) => [...spreadIssues(issue, value)]).flatMap((issue) => faultsOf(issue, root));
  const key = issues.map((issue) => missingForm(issue, value)).find((name) => name !== undefined);
  throw invalid(key === undefined ? all : [...all, ...faultsOfAnyForm(schema, key, value as object)], root, code);
}

/** The member at the root that would say which form is meant, where it was left out. */
function missingForm(issue: z.core.$ZodIssue, value: unknown): string | undefined {
  if (issue.code !== 'invalid_union' || !('discriminator' in issue) || typeof issue.discriminator !== 'string') return undefined;
  const isMissing = typeof value === 'object' && value !== null && issue.path.length === 1 && !Object.hasOwn(value, issue.discriminator);
  return isMissing ? issue.discriminator : undefined;
}

/** Says one fault of the body. */
export function refuse(path: string, message: string): never {
  throw invalid([{ path, message }], 'body', 'invalid-body');
}

function invalid(faults: Fault[], root: string, code: ErrorCode): HooklineError {
  return new HooklineError(code, toldFaults(`The ${root} is not valid`, faults), { errors: faults.slice(0, MOST_FAULTS) });
}
