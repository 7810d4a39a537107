import type { Context, Middleware } from 'koa';
import type { Route } from './route.ts';

/** How long a browser may remember what it was allowed, in seconds. */
const REMEMBERED = '600';

/**
 * Lets the scripts of one other origin read what the route answers, its refusals too
 * (https://fetch.spec.whatwg.org/#http-cors-protocol). No cookie of the hub goes along: `Allow-Credentials` is never sent.
 */
export function allowOrigin(ctx: Context, { cors }: Pick<Route, 'cors'>): void {
  if (cors === undefined) return;
  ctx.vary('Origin');
  if (ctx.get('origin') === cors) ctx.set('Access-Control-Allow-Origin', cors);
}

/** What a browser asks before it sends JSON from there. */
export function preflight(route: Pick<Route, 'cors' | 'method' | 'path'>): Middleware {
  return (ctx) => {
    ctx.state.route = route.path;
    allowOrigin(ctx, route);
    ctx.status = 204;
    if (ctx.get('origin') !== route.cors) return;
    ctx.set({
      'Access-Control-Allow-Methods': route.method,
      'Access-Control-Allow-Headers': 'Content-Type',
      'Access-Control-Max-Age': REMEMBERED,
    });
  };
}
