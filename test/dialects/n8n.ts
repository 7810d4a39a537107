/** The node "Evolution API" of n8n, its own code, with a host that is just enough of n8n for it: where npm can have it. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Json } from './clients.ts';

const run = promisify(execFile);
const NODE = 'n8n-nodes-evolution-api@1.0.4';
/** What it takes of n8n: errors with a message. */
const WORKFLOW = `class Told extends Error { constructor(node, message, { description } = {}) { super([message.message ?? message, description ?? message.description].join(': ')); } }
exports.NodeOperationError = Told; exports.NodeApiError = Told;`;

interface Request {
  method: string;
  uri: string;
  body?: object;
  headers: Record<string, string>;
}

export interface Asked {
  status: number;
  json: Json;
}

/** Runs an operation with these parameters, and resolves with what its one request was answered; also where the node itself then fails. */
export type Operation = (resource: string, operation: string, parameters: Record<string, unknown>) => Promise<Asked>;

export interface N8n {
  /** All that it can do, by resource. */
  operations: Record<string, string[]>;
  with(serverUrl: string, apikey: string): Operation;
}

/** `removed`: told how to remove it again. */
export async function installNode(removed: (undo: () => Promise<void>) => void): Promise<N8n> {
  const directory = await mkdtemp(join(tmpdir(), 'hookline-n8n-'));
  removed(() => rm(directory, { recursive: true, force: true }));
  await run('npm', ['pack', NODE, '--prefer-offline', '--pack-destination', directory], { cwd: directory });
  const [archive = ''] = await readdir(directory);
  await run('tar', ['xzf', archive], { cwd: directory });
  await mkdir(join(directory, 'node_modules', 'n8n-workflow'), { recursive: true });
  await writeFile(join(directory, 'node_modules', 'n8n-workflow', 'index.js'), WORKFLOW);
  const require = createRequire(join(directory, 'package', 'package.json'));
  const { resourceOperationsFunctions: all } = require('./dist/nodes/EvolutionApi/execute/index.js');
  return {
    operations: Object.fromEntries(Object.entries(all as Record<string, object>).map(([resource, of]) => [resource, Object.keys(of)])),
    with: (serverUrl, apikey) => async (resource, operation, parameters) => {
      let asked: Asked | undefined;
      await all[resource]
        [operation](hostOf({ serverUrl, apikey, parameters, told: (answer) => (asked = answer) }))
        .catch((error: unknown) => {
          if (!asked) throw error;
        });
      if (!asked) throw new Error(`${resource} ${operation} asked for nothing`);
      return asked;
    },
  };
}

function hostOf(options: { serverUrl: string; apikey: string; parameters: Record<string, unknown>; told(answer: Asked): void }) {
  const { serverUrl, apikey, parameters, told } = options;
  return {
    getNode: () => ({ name: 'Evolution API' }),
    getInputData: () => [{ json: {} }],
    continueOnFail: () => false,
    getCredentials: async () => ({ 'server-url': serverUrl, apikey }),
    getNodeParameter(name: string, _item: number, otherwise?: unknown) {
      const value = parameters[name] ?? otherwise;
      if (value === undefined) throw new Error(`Could not get parameter "${name}"`);
      return value;
    },
    helpers: {
      returnJsonArray: (data: unknown) => data,
      async request({ method, uri, body, headers }: Request): Promise<Json> {
        const response = await fetch(uri, {
          method,
          headers: { ...headers, ...(body && { 'Content-Type': 'application/json' }) },
          ...(body && { body: JSON.stringify(body) }),
        });
        const json = await response.json();
        told({ status: response.status, json });
        if (!response.ok) throw new Error(`${response.status} - ${JSON.stringify(json)}`);
        return json;
      },
    },
  };
}
