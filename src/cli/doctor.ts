/** `hookline doctor`: whether the hub can run here, and what to do where it cannot. Changes nothing. */
import { asSetHere, loadConfig } from '../config/load.ts';
import { CHECKS, type Check, explained, type Finding } from './doctor-checks.ts';
import { answer, isInJson, write } from './output.ts';

const MARKS = { ok: 'ok  ', warn: 'warn', fail: 'FAIL' } as const;

/** The exit code: 1 when something fails. A configuration that cannot be read rejects, as it would for the hub. */
export async function doctor(): Promise<number> {
  const config = loadConfig({ dev: false });
  const findings: (Finding & { check: string })[] = [];
  for (const [name, check] of Object.entries<Check>(CHECKS)) {
    const found = await check(config).catch((error: unknown): Finding => ({ is: 'fail', what: explained(error) }));
    findings.push({ check: name, ...found });
    if (isInJson()) continue;
    // One after the other: the browser takes its time.
    write(`${MARKS[found.is]}  ${name.padEnd(12)}  ${asSetHere(found.what)}\n`);
    if (found.advice) write(`${' '.repeat(20)}→ ${asSetHere(found.advice)}\n`);
  }
  const failed = findings.filter(({ is }) => is === 'fail').length;
  const warned = findings.filter(({ is }) => is === 'warn').length;
  answer(
    findings,
    `\n${failed > 0 ? `${failed} to be mended` : 'The hub can run here'}${warned > 0 ? `, ${warned} to be looked at` : ''}\n`,
  );
  return failed > 0 ? 1 : 0;
}
