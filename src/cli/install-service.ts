/** `hookline install-service`: the hub as a service of systemd. */
import { access, readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { HooklineError } from '../core/errors.ts';
import { LAUNCHER } from '../core/version.ts';
import { writeWhole } from '../core/whole-file.ts';
import { answer, write } from './output.ts';

export interface ServiceOptions {
  /** Of the machine; the hub runs as it. */
  user: string;
  /** Where config.yaml, data, tokens and flows are. */
  directory: string;
  /** The unit. */
  file: string;
  dryRun: boolean;
  /** Put the unit in the place of another one. */
  force: boolean;
}

export interface Programs {
  /** Absolute paths. */
  node: string;
  launcher: string;
}

const STATE = '/var/lib/';

/**
 * The text of the unit (systemd.service(5), systemd.exec(5)). The hub may write to its directory and nowhere else; what it may not do is
 * what neither Node nor a browser needs.
 */
export function unitOf({ user, directory }: Pick<ServiceOptions, 'user' | 'directory'>, { node, launcher }: Programs): string {
  const isState = directory.startsWith(STATE) && directory.length > STATE.length;
  const isBelowHome = [node, launcher, directory].some((path) => path.startsWith('/home/'));
  return `# Written by "hookline install-service". Run that again when Hookline or Node has been moved.
[Unit]
Description=Hookline, a hub between WhatsApp and HTTP
Wants=network-online.target
After=network-online.target postgresql.service

[Service]
Type=exec
User=${user}
# config.yaml, data, tokens and flows are here.
WorkingDirectory=${escaped(directory)}
${isState ? `StateDirectory=${escaped(directory.slice(STATE.length))}\nStateDirectoryMode=0700` : `ReadWritePaths=${escaped(directory)}`}
UMask=0077
ExecStart=${quoted(node)} ${quoted(launcher)} serve

Restart=always
RestartSec=5
# 78: the configuration is to be mended first.
RestartPreventExitStatus=78
# The hub is told, finishes what is in flight (shutdownSeconds) and closes its browsers.
KillMode=mixed
TimeoutStopSec=60
# A browser that takes too much is started again by the hub; the others stay.
OOMPolicy=continue
LimitNOFILE=65536
TasksMax=infinity

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=${isBelowHome ? 'read-only' : 'yes'}
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_INET AF_INET6 AF_NETLINK AF_UNIX
# The sandbox of Chromium itself, where chromium.args leaves it on, wants RestrictNamespaces=no.
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
`;
}

/** `%` begins a specifier (systemd.unit(5)). */
const escaped = (path: string): string => path.replaceAll('%', '%%');

/** As one word of a command line, in which `$` would begin a variable, too. */
const quoted = (path: string): string => `"${escaped(path).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('$', '$$$$')}"`;

export async function installService(
  options: ServiceOptions,
  programs: Programs = { node: process.execPath, launcher: LAUNCHER },
): Promise<void> {
  const { user, directory, file, dryRun, force } = options;
  const unit = unitOf(options, programs);
  if (dryRun) return write(unit);
  const there = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (there !== null && there !== unit && !force)
    throw new HooklineError('bad-request', `${file} is there, and is another one. Compare it with --dry-run; --force replaces it.`);
  await access(dirname(file)).catch(() => {
    throw new HooklineError('bad-request', `There is no ${dirname(file)}: no systemd runs here. --dry-run prints the unit.`);
  });
  if (there !== unit) await writeWhole(file, unit, 0o644).catch(explainRights(file));
  const steps = await stepsFor(user, directory, file);
  const unreadable = [programs.node, programs.launcher].filter((path) => path.startsWith('/root/'));
  answer(
    { file, user, directory, steps },
    [
      `${file} is ${there === unit ? 'as it should be' : 'written'}.`,
      ...(unreadable.length > 0 ? [`The service cannot read ${unreadable.join(' and ')}: move it, to /opt say, and run this again.`] : []),
      'Then, as root:',
      ...steps.map((step) => `  ${step}`),
      `The first start leaves the API keys in ${directory}/data/first-keys.txt.`,
    ]
      .map((line) => `${line}\n`)
      .join(''),
  );
}

async function stepsFor(user: string, directory: string, file: string): Promise<string[]> {
  const users = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const isThere = users.split('\n').some((line) => line.startsWith(`${user}:`)) || userInfo().username === user;
  const unit = file.slice(file.lastIndexOf('/') + 1).replace(/\.service$/, '');
  return [
    ...(isThere ? [] : [`useradd --system --user-group --home-dir ${directory} --shell /usr/sbin/nologin ${user}`]),
    ...(directory.startsWith(STATE) ? [] : [`install --directory --mode 0700 --owner ${user} ${directory}`]),
    'systemctl daemon-reload',
    `systemctl enable --now ${unit}`,
    `journalctl --unit ${unit} --follow`,
  ];
}

const explainRights =
  (file: string) =>
  (error: NodeJS.ErrnoException): never => {
    if (error.code === 'EACCES' || error.code === 'EPERM')
      throw new HooklineError('bad-request', `${file} cannot be written by this user: run this as root, or see it with --dry-run.`);
    throw error;
  };
