import { statSync } from 'node:fs';
import { isIP } from 'node:net';
import { resolve } from 'node:path';
import type { z } from 'zod';
import { closest } from '../core/closest.ts';
import { type Fault, HooklineError, messageOf } from '../core/errors.ts';
import { type ConfigFile, readConfigFile } from './file.ts';
import { type ConfigKey, configKeys } from './keys.ts';
import { type ConfigSchema, configSchema } from './schema.ts';

const PREFIX = 'HOOKLINE_';
const DEFAULT_FILE = 'config.yaml';
/** A receiver's, for `hookline webhook`: on a developer's machine it stands beside those of the hub. */
export const SECRET_VARIABLE = 'HOOKLINE_WEBHOOK_SECRET';
/** A client's, for the `hookline session` commands that speak to a running hub. */
export const API_KEY_VARIABLE = 'HOOKLINE_API_KEY';

export type Environment = Readonly<Record<string, string | undefined>>;

/** Paths are absolute; times and sizes carry their unit in their name. */
export type Config = z.output<ConfigSchema> & { dev: boolean };

/**
 * The configuration: environment variables over the file over the defaults. The one place that reads `process.env`.
 * Throws `invalid-configuration` with every fault there is, each with its `file:line:col` or the name of its variable.
 */
export function loadConfig({
  env = process.env,
  cwd = process.cwd(),
  dev = false,
}: {
  env?: Environment;
  cwd?: string;
  dev?: boolean;
} = {}): Config {
  const schema = configSchema({ dev });
  const keys = configKeys(schema);
  const faults: Fault[] = [];
  const file = openFile(env.HOOKLINE_CONFIG, cwd, faults);
  const variables = readVariables(env, keys, faults);
  const tree = variables.reduce<unknown>((values, { path, value }) => withValue(values, path, value), file?.values ?? {});
  const parsed = schema.safeParse(tree);
  const issues: Issue[] = parsed.success ? misfits(parsed.data) : parsed.error.issues;
  for (const issue of firstOfEachPath(issues)) faults.push(...explain(issue, { env, keys, file }));
  if (!parsed.success || faults.length > 0) {
    throw new HooklineError('invalid-configuration', 'The configuration cannot be used.', { errors: faults });
  }
  return { ...withAbsolutePaths(parsed.data, cwd), dev };
}

/** `config.yaml` may be missing; a file that HOOKLINE_CONFIG names may not. */
function openFile(named: string | undefined, cwd: string, faults: Fault[]): ConfigFile | null {
  const name = named || DEFAULT_FILE;
  try {
    const file = readConfigFile(resolve(cwd, name), name);
    if (file) faults.push(...file.faults);
    else if (named) faults.push({ path: 'HOOKLINE_CONFIG', message: `names ${named}, and there is no such file` });
    return file;
  } catch (error) {
    faults.push({ path: name, message: `cannot be read: ${messageOf(error)}` });
    return null;
  }
}

/** What the configuration file keeps secret, where every user of this machine may read it, and what to do; null where nothing is to be said. */
export function exposedFile({ env = process.env, cwd = process.cwd() }: { env?: Environment; cwd?: string } = {}): {
  what: string;
  advice: string;
} | null {
  const path = resolve(cwd, env.HOOKLINE_CONFIG || DEFAULT_FILE);
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  if ((mode & 0o004) === 0) return null;
  const { adminKey, secretKey, databaseUrl, chromium, s3 } = (readConfigFile(path, path)?.values ?? {}) as Record<string, unknown>;
  const secrets = {
    ...{ adminKey, secretKey, databaseUrl: withPassword(databaseUrl), 'chromium.proxies': withPassword(chromium) },
    's3.secretAccessKey': (s3 as { secretAccessKey?: unknown } | null | undefined)?.secretAccessKey,
  };
  const found = Object.entries(secrets).flatMap(([name, value]) => (value ? [name] : []));
  if (found.length === 0) return null;
  const what = `${path} has ${found.join(', ')} in it, and every user of this machine may read it (mode ${(mode & 0o777).toString(8)})`;
  return { what, advice: `chmod 600 ${path}` };
}

const withPassword = (value: unknown): boolean => /:\/\/[^/\s"@]*:[^/\s"@]+@/.test(JSON.stringify(value ?? ''));

/**
 * The text with each variable that it names said as it is set here: one whose value stands in the file by its key and place there
 * (`dataDir in config.yaml:3:10`; at the beginning of a line `config.yaml:3:10 dataDir`, as faults of the file are told).
 */
export function asSetHere(text: string, { env = process.env, cwd = process.cwd() }: { env?: Environment; cwd?: string } = {}): string {
  if (!text.includes(PREFIX)) return text;
  const file = openFile(env.HOOKLINE_CONFIG, cwd, []);
  if (!file) return text;
  const keys = configKeys(configSchema({ dev: false }));
  return text.replace(/\bHOOKLINE_[A-Z_]+\b/g, (variable, offset) => {
    const path = env[variable] === undefined ? keys.find((key) => key.variable === variable)?.path : undefined;
    if (!path || !file.has(path)) return variable;
    const [name, place] = [path.join('.'), file.placeOf(path, 'value')];
    return offset === 0 ? `${place} ${name}` : `${name} in ${place}`;
  });
}

function readVariables(env: Environment, keys: ConfigKey[], faults: Fault[]): { path: string[]; value: unknown }[] {
  const known = new Map(keys.map((key) => [key.variable, key]));
  const names = [...known.keys(), 'HOOKLINE_CONFIG'];
  const values: { path: string[]; value: unknown }[] = [];
  for (const [name, text] of Object.entries(env)) {
    if (
      !name.startsWith(PREFIX) ||
      name.startsWith(`${PREFIX}TEST_`) ||
      name === SECRET_VARIABLE ||
      name === API_KEY_VARIABLE ||
      text === undefined
    )
      continue;
    const key = known.get(name);
    if (isServiceLink(name, text)) faults.push({ path: name, message: 'comes from a Kubernetes service; set enableServiceLinks: false' });
    else if (!names.includes(name)) faults.push({ path: name, message: `unknown variable${suggestion(name, names)}` });
    else if (text === '' && key?.kind !== 'list') faults.push({ path: name, message: 'is empty; give it a value or unset it' });
    else if (key) values.push({ path: key.path, value: decode(text, key.kind) });
  }
  return values;
}

/** Kubernetes gives every pod such variables for each service; one named "hookline" would set HOOKLINE_PORT to a URL. */
function isServiceLink(name: string, text: string): boolean {
  return /^HOOKLINE_(SERVICE_|PORT_\d+_)/.test(name) || (name === 'HOOKLINE_PORT' && /^(tcp|udp|sctp):/.test(text));
}

/** What cannot be decoded stays text, which the schema then refuses with its own words. */
function decode(text: string, kind: ConfigKey['kind']): unknown {
  if (kind === 'number' && /^(0|[1-9]\d*)$/.test(text)) return Number(text);
  if (kind === 'boolean' && (text === 'true' || text === 'false')) return text === 'true';
  if (kind === 'list') return text.trim() === '' ? [] : text.split(',').map((entry) => entry.trim());
  return text;
}

/** A copy of `tree` with the value at the path; a scalar where a group should be stays, for the schema to refuse. */
function withValue(tree: unknown, [name, ...rest]: string[], value: unknown): unknown {
  if (name === undefined) return value;
  const group = tree ?? {};
  if (typeof group !== 'object' || Array.isArray(group)) return tree;
  return { ...group, [name]: withValue((group as Record<string, unknown>)[name], rest, value) };
}

type Issue = z.core.$ZodIssue;

/** What each key may say, but not together. */
function misfits(config: z.output<ConfigSchema>): Issue[] {
  return [...misfitsOfCluster(config), ...misfitsOfProfiles(config), ...misfitsOfMedia(config)];
}

const misfit = (path: string[], message: string): Issue => ({ code: 'custom', path, message, input: undefined });

function misfitsOfMedia({ media, s3 }: z.output<ConfigSchema>): Issue[] {
  if (media.store !== 's3') return [];
  const variables = {
    bucket: 'HOOKLINE_S3_BUCKET',
    accessKeyId: 'HOOKLINE_S3_ACCESS_KEY_ID',
    secretAccessKey: 'HOOKLINE_S3_SECRET_ACCESS_KEY',
  };
  const missing = Object.entries(variables).filter(([key]) => s3[key as keyof typeof variables] === undefined);
  const named = missing.map(([key, variable]) => `s3.${key} (${variable})`);
  if (missing.length > 0) return [misfit(['media', 'store'], `is s3, and needs ${named.join(', ')}`)];
  const isAddress = s3.endpoint !== undefined && isIP(new URL(s3.endpoint).hostname.replace(/^\[|\]$/g, '')) !== 0;
  if (s3.pathStyle || !isAddress) return [];
  return [
    misfit(
      ['s3', 'pathStyle'],
      'is false, and s3.endpoint (HOOKLINE_S3_ENDPOINT) is an address, before which no bucket can stand: name the host',
    ),
  ];
}

function misfitsOfProfiles({ cluster, secretKey, sessions }: z.output<ConfigSchema>): Issue[] {
  if (sessions.profiles !== 'database') return [];
  const path = ['sessions', 'profiles'];
  if (sessions.loginCopies === 0)
    return [
      misfit(path, 'is database, and needs copies of logins: set sessions.loginCopies (HOOKLINE_SESSIONS_LOGIN_COPIES) to 1 or more'),
    ];
  if (cluster && !secretKey)
    return [misfit(path, 'is database, and needs the secret key that opens the copies on every node: set secretKey (HOOKLINE_SECRET_KEY)')];
  return [];
}

function misfitsOfCluster({ cluster, databaseUrl, host, nodeUrl }: z.output<ConfigSchema>): Issue[] {
  const issue = (key: string, message: string): Issue => misfit([key], message);
  if (!cluster) return [];
  if (!databaseUrl) return [issue('cluster', 'needs a Postgres that all nodes share: set databaseUrl (HOOKLINE_DATABASE_URL)')];
  // Every address of a machine is none by which others reach it.
  if (!nodeUrl && ['0.0.0.0', '::'].includes(host)) {
    return [issue('cluster', 'needs nodeUrl (HOOKLINE_NODE_URL), by which the other nodes reach this one, as it listens on every address')];
  }
  return [];
}

function explain(issue: Issue, { env, keys, file }: { env: Environment; keys: ConfigKey[]; file: ConfigFile | null }): Fault[] {
  if (issue.code === 'unrecognized_keys') {
    const names = [...new Set(keys.flatMap(({ path }) => path.map((_, depth) => path.slice(0, depth + 1).join('.'))))];
    return issue.keys.map((name) => {
      const path = [...issue.path, name];
      return { path: file?.placeOf(path, 'key') ?? '', message: `unknown key "${path.join('.')}"${suggestion(path.join('.'), names)}` };
    });
  }
  const key = keys.find(({ path }) => path.every((name, index) => issue.path[index] === name));
  if (key && env[key.variable] !== undefined) {
    const entry = issue.path.length > key.path.length ? `entry ${Number(issue.path.at(-1)) + 1} ` : '';
    return [{ path: key.variable, message: `${entry}${issue.message}` }];
  }
  return [{ path: file?.placeOf(issue.path, 'value') ?? '', message: `${issue.path.join('.') || 'the file'} ${issue.message}` }];
}

/** What all names begin with says nothing about which one was meant. */
function suggestion(word: string, candidates: string[]): string {
  const [bare, ...names] = [word, ...candidates].map((name) => name.replace(PREFIX, '')) as [string, ...string[]];
  const meant = closest(bare, names);
  return meant ? `, did you mean "${candidates[names.indexOf(meant)]}"?` : '';
}

/** Several checks may refuse one value; the first says enough. */
function firstOfEachPath(issues: readonly Issue[]): Issue[] {
  const seen = new Set<string>();
  return issues.filter(({ path }) => !seen.has(path.join('.')) && seen.add(path.join('.')));
}

function withAbsolutePaths<C extends z.output<ConfigSchema>>(config: C, cwd: string): C {
  const absolute = (path: string | undefined): string | undefined => path && resolve(cwd, path);
  return {
    ...config,
    dataDir: resolve(cwd, config.dataDir),
    tokensDir: resolve(cwd, config.tokensDir),
    flowsDir: resolve(cwd, config.flowsDir),
    mediaDir: resolve(cwd, config.mediaDir),
    log: { ...config.log, file: absolute(config.log.file) },
    chromium: { ...config.chromium, path: absolute(config.chromium.path) },
  };
}
