/** `hookline doctor whatsapp`: whether WhatsApp's page is still the one that this version knows. Links nothing and writes to nobody. */
import { randomUUID } from 'node:crypto';
import { mkdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../config/load.ts';
import { messageOf } from '../core/errors.ts';
import { systemClock, systemRandom } from '../core/runtime.ts';
import { noteCheck } from '../home/whatsapp-check.ts';
import { createLogging } from '../ops/logging.ts';
import { type CanaryReport, checkWhatsApp } from '../sessions/engines/wppconnect/canary.ts';
import { findChromium } from '../sessions/engines/wppconnect/chromium/browser.ts';
import { answer, table, writeError } from './output.ts';

const MARKS = { pass: 'pass', fail: 'FAIL', unseen: 'unseen' } as const;

/** As sysexits(3) has it: what is asked is not to be had. */
const UNAVAILABLE = 69;

/** The exit code: 0 when nothing fails, 1 when something does, 69 when the page cannot be reached or there is no browser. */
export async function doctorWhatsApp({ seconds }: { seconds: number }): Promise<number> {
  const { chromium, dataDir } = loadConfig({ dev: false });
  const executable = await findChromium(chromium.path);
  if (!executable) {
    writeError('There is no Chromium on this machine: "hookline doctor" says what to do.\n');
    return UNAVAILABLE;
  }
  const logging = createLogging({ level: 'error', console: false, format: 'pretty' });
  const home = join(tmpdir(), `hookline-canary-${randomUUID()}`);
  await mkdir(home, { mode: 0o700 });
  let report: CanaryReport;
  try {
    const runtime = { clock: systemClock, random: systemRandom, log: logging.log };
    const options = { executable, args: chromium.args, userDataDir: join(home, 'chromium'), limit: seconds * 1_000 };
    report = await checkWhatsApp(options, runtime);
  } finally {
    await rm(home, { recursive: true, force: true });
    await logging.close();
  }
  answer(report, told(report));
  await note(dataDir, report);
  if (!report.reached) return UNAVAILABLE;
  return report.checks.some(({ is }) => is === 'fail') ? 1 : 0;
}

function told({ reached, detail, whatsapp, waJs, browser, checks }: CanaryReport): string {
  if (!reached)
    return `${detail}\n→ Nothing was checked. Sessions on real phones need https://web.whatsapp.com: look at the firewall and the DNS.\n`;
  const failed = checks.filter(({ is }) => is === 'fail').length;
  return [
    `WhatsApp Web ${whatsapp ?? 'of an unknown version'}, wa-js ${waJs ?? 'not there'}, ${browser}\n\n`,
    table(
      checks.map(({ name, is, what }) => ({ '': MARKS[is], check: name, found: what })),
      ['', 'check', 'found'],
    ),
    failed === 0
      ? '\nThis version of Hookline knows the page; what is unseen shows only after a scan\n'
      : `\n${failed} missing: WhatsApp has changed its page. Upgrade Hookline, and tell us of this version if that does not help\n`,
  ].join('');
}

/** For `GET /health/engines`, where there is a hub. */
async function note(dataDir: string, report: CanaryReport): Promise<void> {
  const isThere = await stat(dataDir).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isThere) return;
  await noteCheck(dataDir, report).catch((error) => writeError(`It could not be noted in ${dataDir}: ${messageOf(error)}\n`));
}
