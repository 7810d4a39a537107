import { hub } from '../../ask.ts';
import { notifyTrouble } from '../../parts/notices.tsx';
import type { Draft } from './drafts.ts';
import type { Editor } from './editor.ts';

/** Has the hub format the text that is written. Nothing is done where something else was typed meanwhile. */
export async function format(editor: { current: Editor | null }, { current, write }: Pick<Draft, 'current' | 'write'>): Promise<void> {
  const text = current();
  if (text.trim() === '') return;
  try {
    const { source } = await hub.formatFlow(text);
    if (current() !== text) return;
    if (editor.current) editor.current.put(source);
    else write(source);
  } catch (refused) {
    notifyTrouble(refused);
  }
}
