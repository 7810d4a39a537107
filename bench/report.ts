/** A report in sections, which a run of some of them leaves as they were where it measures nothing new. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';

export interface Figure {
  what: string;
  value: string;
  aim: string;
}

export class Report {
  readonly #file: URL;
  readonly #head: string;
  readonly #order: readonly string[];

  /** `order`: the names of the sections there may be. */
  constructor(file: URL, { head, order }: { head: string; order: readonly string[] }) {
    this.#file = file;
    this.#head = head;
    this.#order = order;
  }

  write(name: string, lines: readonly string[]): void {
    const section = [`## ${name}`, '', ...lines].join('\n');
    process.stdout.write(`${section}\n\n`);
    const sections = this.#written().set(name, section);
    const known = this.#order.flatMap((one) => sections.get(one) ?? []);
    writeFileSync(this.#file, `${[this.#head, ...known].join('\n\n')}\n`);
  }

  #written(): Map<string, string> {
    const before = existsSync(this.#file) ? readFileSync(this.#file, 'utf8') : '';
    const sections = before.split(/^## /m).slice(1);
    return new Map(sections.map((section) => [section.slice(0, section.indexOf('\n')), `## ${section.trimEnd()}`]));
  }
}

/** Of the last minute, over all processors: what is well over 1 was measured on a machine that others used. */
export const load = (): string => ((loadavg()[0] ?? 0) / cpus().length).toFixed(1);

/** `before`: the load when it began. */
export const machine = (before: string): string =>
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB; load a processor ${before} before, ${load()} after.`;

export const table = (figures: readonly Figure[]): string[] => [
  '| what | measured | aim |',
  '| --- | --- | --- |',
  ...figures.map(({ what, value, aim }) => `| ${what} | ${value} | ${aim} |`),
];
