import { useSignal } from '@preact/signals';
import { useId, useRef } from 'preact/hooks';
import { words } from '../here.ts';
import { copy } from './copy.ts';

/** A text to be taken elsewhere. */
export function CopiedText({ label, text }: { label: string; text: string }) {
  const id = useId();
  const isCopied = useSignal(false);
  const field = useRef<HTMLTextAreaElement>(null);

  async function take(): Promise<void> {
    const select = (): void => field.current?.select();
    select();
    isCopied.value = await copy(text, select);
  }

  return (
    <div class="copied">
      <label for={id}>{label}</label>
      <textarea ref={field} id={id} readOnly rows={2} value={text} spellcheck={false} onFocus={(event) => event.currentTarget.select()} />
      <div class="answers">
        <button type="button" class="quiet" onClick={take}>
          {words.copy}
        </button>
        <span role="status">{isCopied.value && words.copied}</span>
      </div>
    </div>
  );
}
