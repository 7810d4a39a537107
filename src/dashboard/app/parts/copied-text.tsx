import { useSignal } from '@preact/signals';
import { useId, useRef } from 'preact/hooks';
import { words } from '../here.ts';

/** A text to be taken elsewhere. */
export function CopiedText({ label, text }: { label: string; text: string }) {
  const id = useId();
  const isCopied = useSignal(false);
  const field = useRef<HTMLTextAreaElement>(null);

  async function copy(): Promise<void> {
    field.current?.select();
    // There is no clipboard where the hub is reached over plain HTTP; there the browser still copies what is chosen.
    const copied = navigator.clipboard?.writeText(text) ?? Promise.reject(new Error('no clipboard'));
    isCopied.value = await copied.then(
      () => true,
      () => document.execCommand('copy'),
    );
  }

  return (
    <div class="copied">
      <label for={id}>{label}</label>
      <textarea ref={field} id={id} readOnly rows={2} value={text} spellcheck={false} onFocus={(event) => event.currentTarget.select()} />
      <div class="answers">
        <button type="button" class="quiet" onClick={copy}>
          {words.copy}
        </button>
        <span role="status">{isCopied.value && words.copied}</span>
      </div>
    </div>
  );
}
