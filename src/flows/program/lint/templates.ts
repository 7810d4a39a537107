/** Texts with `{{ }}`: what they name, what filters are given, and what is written as other products have it. Pure. */
import type { NameScope } from '../../text/known-names.ts';
import { checkTemplate, type TemplateFault } from '../../text/templates.ts';

/** `foreign`: whether `{name}`, as others write it, is looked for. */
export function* lintTemplate(text: string, names: NameScope, { foreign }: { foreign: boolean }): Iterable<TemplateFault> {
  if (foreign) yield* placeholders(text, names);
  let template = text;
  for (let round = 0; round < MOST_UNKNOWN; round++) {
    const faults = checkTemplate(template, names);
    const [first] = faults;
    const unknown = /^unknown filter "(\w+)"/.exec(first?.message ?? '')?.[1];
    if (first && unknown !== undefined) {
      yield inTheirWords(first, unknown);
      // The rest of the text is looked at as if the filter were there.
      const begin = template.indexOf(unknown, first.offset);
      const known = unknown.length < 4 ? 'iso' : 'size';
      if (begin < 0 || unknown.length < known.length) return;
      template = template.slice(0, begin) + known.padEnd(unknown.length) + template.slice(begin + unknown.length);
      continue;
    }
    yield* faults.map(({ message, ...where }) => ({ ...where, message: /^tags /.test(message) ? `${message}; "if:" is a step` : message }));
    return;
  }
}

const MOST_UNKNOWN = 5;

/** What others call a filter. */
const OTHERS: Record<string, string> = {
  ...{ strftime: 'format: "dd/MM"', time: 'format: "HH:mm"', substring: 'truncate' },
  ...{ upper: 'upcase', uppercase: 'upcase', lower: 'downcase', lowercase: 'downcase', title: 'capitalize', trim: 'strip' },
  ...{ length: 'size', count: 'size', currency: 'money: "BRL"', price: 'money: "BRL"', add: 'plus', sub: 'minus', subtract: 'minus' },
  ...{ multiply: 'times', mul: 'times', divide: 'divided_by', div: 'divided_by', ceil: 'round', floor: 'round' },
};

function inTheirWords(fault: TemplateFault, filter: string): TemplateFault {
  const meant = Object.hasOwn(OTHERS, filter) ? OTHERS[filter] : undefined;
  return meant === undefined ? fault : { ...fault, message: `unknown filter "${filter}": write ${meant}` };
}

/** As Typebot, ManyChat and others write what is filled in. */
const FOREIGN = [/\$\{\s*([\w.]+)\s*\}/g, /(?<![{$])\{\s*([\w.]+)\s*\}(?!\})/g, /%([a-z][\w.]*)%/g, /(?<![\w.])@(contact\.\w+)/g];
const CALLED: Record<string, string> = { name: 'contact.name', nome: 'contact.name', nombre: 'contact.name', phone: 'contact.phone' };

function* placeholders(text: string, names: NameScope): Iterable<TemplateFault> {
  // What is filled in is left out, by as many characters.
  const rest = text.replace(/\{\{.*?\}\}/gs, (one) => ' '.repeat(one.length));
  for (const pattern of FOREIGN) {
    for (const { 0: whole, 1: name = '', index } of rest.matchAll(pattern)) {
      const known = [name, ...(Object.hasOwn(CALLED, name) ? [CALLED[name] as string] : [])].find((one) => !names.fault(one.split('.')));
      if (known !== undefined)
        yield { message: `"${whole}" is sent as it is written: write {{ ${known} }} to fill it in`, offset: index, length: whole.length };
    }
  }
}
