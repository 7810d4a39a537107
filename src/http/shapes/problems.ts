/** Problems that tell more than every problem does, by their codes. */
import { z } from 'zod';
import type { ErrorCode } from '../../core/errors.ts';
import { LIMIT_NAMES } from '../../core/limits.ts';
import { MESSAGE_STATUSES } from '../../core/message.ts';
import { SESSION_STATUSES } from '../../sessions/supervision/lifecycle.ts';
import { ProblemShape } from './common.ts';
import { CreateSession, Session } from './sessions.ts';

const sessionStatus = z.enum(SESSION_STATUSES).openapi({ description: 'How the session is instead' });
const messageStatus = z.enum(MESSAGE_STATUSES).openapi({ description: 'How far the message has come' });

const MEMBERS = {
  'session-exists': {
    existing: Session.openapi({ description: 'The session of that name' }),
    options: z
      .object({
        use: CreateSession.openapi({ description: 'Go on with the session that is there' }),
        recreate: CreateSession.openapi({ description: 'Delete it, with its login, and make it anew' }),
        name: CreateSession.openapi({ description: 'A name that is free' }),
      })
      .openapi({ description: 'What to do; each is a body that works' }),
  },
  'limit-reached': {
    limit: z
      .object({ name: z.enum(LIMIT_NAMES), limit: z.number().int(), used: z.number().int() })
      .openapi({ description: 'Which limit of the tenant, what it is and how much is used' }),
  },
  'not-supported-by-engine': { engine: z.string().openapi({ description: 'The engine of the session' }) },
  'qr-unavailable': { sessionStatus },
  'pairing-unavailable': { sessionStatus },
  'passkey-unavailable': { sessionStatus },
  'message-not-cancelable': { messageStatus },
  'message-not-retryable': { messageStatus },
  'range-not-satisfiable': { size: z.number().int().openapi({ description: 'Bytes that the file has' }) },
} satisfies Partial<Record<ErrorCode, z.ZodRawShape>>;

/** `session-exists` → `SessionExistsProblem`. */
export const problemName = (code: string): string => `${code.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}Problem`;

/** A problem of each such code, as a schema of its own. */
export const PROBLEMS = Object.fromEntries(
  Object.entries(MEMBERS).map(([code, members]) => [
    code,
    ProblemShape.extend({ code: z.literal(code), ...members }).openapi(problemName(code)),
  ]),
) as unknown as Record<keyof typeof MEMBERS, z.ZodType>;

export type ToldProblem = keyof typeof PROBLEMS;
