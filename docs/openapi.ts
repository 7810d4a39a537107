/** The description of the API as a hub serves it, without a hub. */
import { VERSION } from '../src/core/version.ts';
import { openApiDocument } from '../src/http/openapi.ts';
import type { Route } from '../src/http/route.ts';
import { type Handlers, routeTable } from '../src/http/routes.ts';

const nothing = async (): Promise<void> => undefined;
const room = new Proxy(nothing, { get: () => nothing });
/** Routes are described without being called. */
const handlers = new Proxy({}, { get: () => room }) as Handlers;

export const routes = (): Route[] => routeTable(handlers);

export const openApi = (): object => openApiDocument(routes(), VERSION);
