/** How a route says no, as it is described: what every route can answer by itself, and what this one tells besides. */
import type { OpenAPIRegistry } from '@asteasolutions/zod-to-openapi';
import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from '../core/errors.ts';
import { problemType } from './problems.ts';
import { isForGuests, type Route } from './route.ts';
import { ProblemShape } from './shapes/common.ts';
import { PROBLEMS, problemName, type ToldProblem } from './shapes/problems.ts';
import { CreateSession, Session } from './shapes/sessions.ts';

const PROBLEM_JSON = 'application/problem+json';
const PROBLEM = { $ref: '#/components/schemas/Problem' };

const text = (description: string, example: string) => ({ description, schema: { type: 'string' as const, maxLength: 200 }, example });

/** draft-ietf-httpapi-ratelimit-headers-10, unless the operator has turned the limit off. */
const RATE = {
  RateLimit: text('How many requests are left to this key, and in how many seconds there are all again', '"requests";r=119999;t=60'),
  'RateLimit-Policy': text('How many a key has, and in how many seconds', '"requests";q=120000;w=60'),
};
const RETRY = {
  'Retry-After': {
    description: 'Seconds after which to come again',
    schema: { type: 'integer' as const, minimum: 0, maximum: 86_400 },
    example: 5,
  },
};

const refs = (headers: object) => Object.fromEntries(Object.keys(headers).map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** What every answer to a key says. */
export const rateHeaders = ({ access }: Route) => (access === 'public' ? {} : { headers: refs(RATE) });

interface Refusal {
  status: number | 'default';
  description: string;
  code: ErrorCode;
  detail: string;
  /** What it tells besides. */
  members?: object;
  can(route: Route): boolean;
}

const needsKey = ({ access }: Route): boolean => access !== 'public' && !isForGuests(access);
const takesBody = ({ body, form }: Route): boolean => Boolean(body || form);

/** By the names under which the document has them. */
const REFUSALS: Record<string, Refusal> = {
  BadRequest: {
    status: 400,
    description: 'The request, or its query, cannot be read',
    code: 'invalid-query',
    detail: 'The query is not what this route takes: limit must be at most 200.',
    members: { errors: [{ path: 'limit', message: 'must be at most 200' }] },
    can: (route) => needsKey(route) || route.query !== undefined,
  },
  Unauthorized: {
    status: 401,
    description: 'No key came along, or none that is known here',
    code: 'unauthorized',
    detail: 'Send your API key as "Authorization: Bearer KEY".',
    can: needsKey,
  },
  Forbidden: {
    status: 403,
    description: 'The key lacks the right for this',
    code: 'forbidden',
    detail: 'This takes the scope "messages:send", which this key does not have.',
    can: (route) => needsKey(route) && route.access !== 'any-key',
  },
  NotFound: {
    status: 404,
    description: 'What the path names is not there, or belongs to another tenant',
    code: 'not-found',
    detail: 'There is no session "shpo". Did you mean "shop"?',
    can: ({ path }) => path.includes(':'),
  },
  UnprocessableBody: {
    status: 422,
    description: 'The body is not what this route takes',
    code: 'invalid-body',
    detail: 'The body is not what this route takes: name is missing.',
    members: { errors: [{ path: 'name', message: 'is missing' }] },
    can: takesBody,
  },
  NotSupported: {
    status: 501,
    description: 'The engine of the session cannot do this',
    code: 'not-supported-by-engine',
    detail: 'The engine sandbox cannot take a picture of a page.',
    members: { engine: 'sandbox' },
    can: ({ path }) => /^\/api\/sessions\/:id\/(backup|restore|screenshot|presence|labels|contacts|chats|groups)/.test(path),
  },
  TooManyRequests: {
    status: 429,
    description: 'Too many requests for now; Retry-After says when to go on',
    code: 'rate-limited',
    detail: 'This key has made the 120000 requests that one minute allows. Go on in 5 s.',
    can: needsKey,
  },
  ServerError: {
    status: 500,
    description: 'Something went wrong in the hub; its log says why',
    code: 'internal',
    detail: 'The hub failed to answer; its log says why. Trying again is safe with the same Idempotency-Key.',
    can: () => true,
  },
  OtherProblem: {
    status: 'default',
    description: 'What else went wrong: `code` says what, `detail` what to do',
    code: 'shutting-down',
    detail: 'The hub is stopping. Come back in a moment.',
    can: () => true,
  },
};

/** A whole problem of a code. */
const exampleOf = ({ code, detail, members }: Refusal) => {
  const { status, title } = ERROR_CODES[code];
  return { type: problemType(code), title, status, detail, code, ...members };
};

/** Registers what `refusalsOf` points to. */
export function registerRefusals(registry: OpenAPIRegistry): void {
  // Before what speaks of one of them in words of its own.
  registry.register('Session', Session);
  registry.register('CreateSessionBody', CreateSession);
  for (const [code, schema] of Object.entries(PROBLEMS)) registry.register(problemName(code), schema);
  for (const [name, header] of Object.entries({ ...RATE, ...RETRY })) registry.registerComponent('headers', name, header);
  for (const [name, refusal] of Object.entries(REFUSALS)) {
    const isLimit = refusal.status === 429;
    // Too many of what a limit counts in a minute.
    const told = isLimit ? 'limit-reached' : refusal.code;
    const schema = isTold(told) ? { anyOf: [{ $ref: `#/components/schemas/${problemName(told)}` }, PROBLEM] } : PROBLEM;
    registry.registerComponent('responses', name, {
      description: refusal.description,
      headers: refs({ ...(refusal.status !== 'default' && RATE), ...(isLimit && RETRY) }),
      content: { [PROBLEM_JSON]: { schema, example: exampleOf(refusal) } },
    });
  }
}

/** By status, every problem that the route can answer. */
export function refusalsOf(route: Route): Record<string, object> {
  const usual = Object.entries(REFUSALS).flatMap(([name, { status, can }]) =>
    can(route) ? [[String(status), { $ref: `#/components/responses/${name}` }]] : [],
  );
  const told = Map.groupBy(route.problems ?? [], (code) => String(ERROR_CODES[code].status));
  const own = [...told].map(([status, codes]) => [status, ownRefusal(codes)]);
  return Object.fromEntries([...usual, ...own]);
}

const isTold = (code: ErrorCode): code is ToldProblem => code in PROBLEMS;

const ownRefusal = (codes: ToldProblem[]) => ({
  description: codes.map((code) => ERROR_CODES[code].title).join('; '),
  headers: refs(RATE),
  content: { [PROBLEM_JSON]: { schema: z.union([...codes.map((code) => PROBLEMS[code]), ProblemShape]) } },
});
