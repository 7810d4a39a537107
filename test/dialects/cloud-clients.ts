/** Clients of Meta's Cloud API: one that asks as they do, and two of them themselves, where npm can have them. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { Hub } from '../helpers/hub.ts';
import type { Json } from './clients.ts';

const run = promisify(execFile);

export interface CloudAnswer {
  status: number;
  json: Json;
}
/** `path`: behind the version. A body that is no object is sent as it is. */
export type Cloud = (method: string, path: string, body?: object | FormData, headers?: Record<string, string>) => Promise<CloudAnswer>;

const VERSION = 'v23.0';
export const baseOf = ({ base }: Pick<Hub, 'base'>): string => `${base}/compat/cloud`;

export const cloudOf =
  (hub: Pick<Hub, 'base'>, key: string | null): Cloud =>
  async (method, path, body, headers = {}) => {
    const isForm = body instanceof FormData;
    const response = await fetch(`${baseOf(hub)}/${VERSION}${path}`, {
      method,
      headers: {
        ...(key !== null && { authorization: `Bearer ${key}` }),
        ...(body && !isForm && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body && { body: isForm ? body : JSON.stringify(body) }),
    });
    return { status: response.status, json: await response.json() };
  };

const KAPSO = '@kapso/whatsapp-cloud-api';
const GREAT_DETAIL = '@great-detail/whatsapp';

export interface Sdks {
  // biome-ignore lint/suspicious/noExplicitAny: their own code, which is no part of the project
  kapso: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  greatDetail: any;
}

/** `removed`: told how to remove them again. */
export async function installSdks(removed: (undo: () => Promise<void>) => void): Promise<Sdks> {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-sdks-'));
  removed(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, 'package.json'), '{"private":true}');
  const wanted = [`${KAPSO}@0.3.0`, `${GREAT_DETAIL}@9.2.0`];
  await run('npm', ['install', ...wanted, '--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: directory });
  const load = (name: string, part = 'index') => import(pathToFileURL(join(directory, 'node_modules', name, 'dist', `${part}.js`)).href);
  return { kapso: { ...(await load(KAPSO)), ...(await load(KAPSO, 'server')) }, greatDetail: await load(GREAT_DETAIL) };
}
