import type { ListMessage } from './message.ts';

/** A list as it can be read and answered by number: the rows of all its sections are counted on. */
export function listAsText({ title, text, footer, sections }: Omit<ListMessage, 'button'>): string {
  let number = 0;
  const parts = sections.map((section) => {
    const rows = section.rows.map((row) => `${++number}. ${row.title}${row.description ? `: ${row.description}` : ''}`);
    return [...(section.title ? [section.title] : []), ...rows].join('\n');
  });
  return [title, text, ...parts, footer].filter((part) => part).join('\n\n');
}
