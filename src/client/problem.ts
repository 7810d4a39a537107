import type { ProblemBody, ToldProblems } from './api.ts';

/** The whole answer with this code. */
export type ProblemMembers<Code extends string> = Code extends keyof ToldProblems
  ? ToldProblems[Code]
  : ProblemBody & Record<string, unknown>;

/** What the hub answered instead of what was asked for (RFC 9457). Its message is the `detail`: what is wrong and what to do. */
export class Problem<Code extends string = string> extends Error {
  override readonly name = 'Problem';
  readonly status: number;
  /** Stable: branch on it. Empty where something on the way answered, and not the hub. */
  readonly code: Code;
  /** What is wrong with the input, one entry a place. */
  readonly errors: NonNullable<ProblemBody['errors']>;
  /** Seconds after which it is worth trying again; undefined where nobody said so. */
  readonly retryAfter: number | undefined;
  /** The whole answer, with what is told only with this code, such as `existing` and `options` of `session-exists`. */
  readonly members: Readonly<ProblemMembers<Code>>;

  constructor(status: number, members: Record<string, unknown>, retryAfter?: number) {
    super(typeof members.detail === 'string' ? members.detail : `The answer was ${status}.`);
    this.status = status;
    this.code = (typeof members.code === 'string' ? members.code : '') as Code;
    this.errors = Array.isArray(members.errors) ? members.errors : [];
    this.retryAfter = retryAfter;
    this.members = members as ProblemMembers<Code>;
  }
}

/** Nothing was answered: the hub, or the way there, is away. `cause` is what `fetch` said. */
export class Offline extends Error {
  override readonly name = 'Offline';
  /** Where the hub was looked for. */
  readonly baseUrl: string;

  constructor(baseUrl: string, cause: unknown) {
    super(`No hub answers${baseUrl && ` at ${baseUrl}`}.`, { cause });
    this.baseUrl = baseUrl;
  }
}

/** Whether it is a problem, with one of these codes where any are given: then `members` has what is told with that code. */
export const isProblem = <Code extends string = string>(error: unknown, ...codes: Code[]): error is Problem<Code> =>
  error instanceof Problem && (codes.length === 0 || codes.includes(error.code as Code));

/** The problem of an answer that is not `ok`. */
export async function problemOf(response: Response): Promise<Problem> {
  const members: unknown = await response.json().catch(() => null);
  const seconds = Number(response.headers.get('retry-after') || Number.NaN);
  return new Problem(
    response.status,
    typeof members === 'object' && members !== null ? (members as Record<string, unknown>) : {},
    Number.isFinite(seconds) ? seconds : undefined,
  );
}
