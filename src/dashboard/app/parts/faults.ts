import { isProblem } from '../../../client/index.ts';
import { say } from './say.ts';

/** What is wrong, at the fields that it is about; `rest` is what is about none of them. */
export interface Faults<Field extends string> {
  at: Partial<Record<Field, string>>;
  rest: string | null;
}

/** The `errors` of a problem by the fields of a form, whose places in the body are given ("config.pacing.burst"). */
export function faultsOf<Field extends string>(error: unknown, places: Readonly<Record<Field, string>>): Faults<Field> {
  const errors = isProblem(error) ? error.errors : [];
  const at: Partial<Record<Field, string>> = {};
  for (const { path, message } of errors) {
    // A fault of a whole group stands beside its first field.
    const field = (Object.keys(places) as Field[]).find((name) => places[name] === path || places[name].startsWith(`${path}.`));
    if (field !== undefined) at[field] ??= message;
  }
  return { at, rest: Object.keys(at).length > 0 ? null : say(error) };
}

/** What `place` ("a.b") leads to in `value`, as it is written in a field. */
export function writtenAt(value: unknown, place: string): string {
  const found = place.split('.').reduce<unknown>((inner, key) => (inner as Record<string, unknown> | null | undefined)?.[key], value);
  return found === undefined || found === null ? '' : String(found);
}

/** Puts `found` where `place` leads to, making what is on the way. */
export function putAt(body: Record<string, unknown>, place: string, found: unknown): void {
  const keys = place.split('.');
  const last = keys.pop() as string;
  let inner = body;
  for (const key of keys) {
    inner[key] ??= {};
    inner = inner[key] as Record<string, unknown>;
  }
  inner[last] = found;
}

/** The number that is written there; what is none as it is, for the hub to say so. */
export function figureIn(text: string): number | string {
  const figure = Number(text.replace(',', '.'));
  return Number.isNaN(figure) ? text : figure;
}
