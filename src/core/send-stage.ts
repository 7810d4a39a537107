/** What the failure of something that comes before a send's hand-over means for the send. The stages themselves are in errors.ts. */
import { type ErrorCode, HooklineError, messageOf, type SendStage } from './errors.ts';

/** What says nothing of why: it may be the same for ever. */
const UNEXPLAINED: readonly ErrorCode[] = ['engine-failed', 'internal'];

export const stageBefore = (code: ErrorCode): SendStage => (UNEXPLAINED.includes(code) ? 'before' : 'later');

/** As it was thrown, with its stage. `final`: the codes that no later try can change. `unforeseen`: the code of what has none. */
export function failedBefore(
  thrown: unknown,
  { final, unforeseen }: { final: readonly ErrorCode[]; unforeseen: ErrorCode },
): HooklineError {
  const error = thrown instanceof HooklineError ? thrown : new HooklineError(unforeseen, messageOf(thrown));
  const { code, errors, extra, retryAfter } = error;
  const stage = final.includes(code) ? 'refused' : (error.stage ?? stageBefore(code));
  return new HooklineError(code, error.message, { errors, extra, retryAfter, stage, cause: thrown });
}
