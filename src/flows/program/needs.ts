/** What a flow needs of its tenant that stands in no flow: a text may be right without it, and fails, or never starts, when it runs. Pure. */
import type { ParsedFlow } from '../language/parse.ts';
import { secretsIn } from '../text/known-names.ts';
import type { Program } from './program.ts';

export interface Need {
  what: 'secret' | 'session';
  name: string;
  /** `flows/booking.yml:5:11`, the first that needs it. */
  place: string;
}

export function needsOf({ flow, place }: Pick<ParsedFlow, 'flow' | 'place'>, { steps }: Program): Need[] {
  const found = new Map<string, Need>();
  const note = (what: Need['what'], name: string, where: () => string): void => {
    const key = `${what} ${name}`;
    if (!found.has(key)) found.set(key, { what, name, place: where() });
  };
  for (const [index, trigger] of flow.start.entries()) {
    if ('schedule' in trigger) note('session', trigger.schedule.session, () => place(['start', index, 'schedule', 'session']));
  }
  for (const name of flow.transcribe ? secretsIn(flow.transcribe) : []) note('secret', name, () => place(['transcribe']));
  for (const { step, path } of steps.values()) {
    const isOutside = typeof step === 'object' && ('http' in step || 'ask_model' in step);
    for (const name of isOutside ? secretsIn(step) : []) note('secret', name, () => place(path));
  }
  return [...found.values()];
}
