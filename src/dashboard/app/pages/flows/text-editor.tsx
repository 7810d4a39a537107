import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import type { Schema } from './completion.ts';
import type { Editor } from './editor.ts';
import type { Fault } from './flow.ts';

interface Props {
  label: string;
  text: string;
  /** Where the cursor is at first, counted from 1. */
  begin?: { line: number; column: number } | null;
  /** What is written now: more may have been typed since this was rendered. */
  current(): string;
  faults: readonly Fault[];
  isReadOnly: boolean;
  editor: { current: Editor | null };
  /** Asks for the schema of the language. */
  language(): Promise<Record<string, unknown>>;
  write(text: string): void;
  /** The cursor moved. */
  moved?(line: number, column: number): void;
  /** What Ctrl+S does, or ⌘S. */
  done(): void;
  format(): void;
}

/** The editor is loaded when it is needed: it is larger than all the rest. */
export function TextEditor({ label, text, begin, current, faults, isReadOnly, editor, language, write, moved, done, format }: Props) {
  const host = useRef<HTMLDivElement>(null);
  const isThere = useSignal(false);
  const isMissing = useSignal(false);
  // The editor calls what is meant now, and not what was when it was made.
  const calls = useRef({ write, moved, done, format });
  calls.current = { write, moved, done, format };

  useEffect(() => {
    let isOver = false;
    import('./editor.ts').then(
      ({ mountEditor }) => {
        if (isOver || !host.current) return;
        // Without it there is an editor all the same.
        const schema = language().then(
          (found) => found as Schema,
          () => null,
        );
        editor.current = mountEditor(host.current, {
          ...{ label, text, isReadOnly, schema },
          write: (next) => calls.current.write(next),
          moved: (line, column) => calls.current.moved?.(line, column),
          done: () => calls.current.done(),
          format: () => calls.current.format(),
        });
        isThere.value = true;
        if (begin) editor.current.goTo(begin.line, begin.column);
      },
      () => {
        isMissing.value = !isOver;
      },
    );
    return () => {
      isOver = true;
      editor.current?.end();
      editor.current = null;
    };
  }, [isReadOnly]);
  useEffect(() => editor.current?.show(current()), [text, isThere.value]);
  useEffect(() => editor.current?.mark(faults), [faults, isThere.value]);

  if (isMissing.value) {
    return (
      <textarea
        class="mono flow-plain"
        aria-label={label}
        rows={24}
        value={text}
        readOnly={isReadOnly}
        spellcheck={false}
        onInput={(event) => write(event.currentTarget.value)}
      />
    );
  }
  return <div ref={host} class="flow-editor" />;
}
