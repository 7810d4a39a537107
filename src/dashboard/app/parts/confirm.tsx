import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { shellWords as words } from '../shell/words.ts';
import { fill } from '../words/words.ts';
import { Field } from './field.tsx';
import { FormDialog } from './form-dialog.tsx';

interface Props {
  title: string;
  /** What it does, a verb: it stands on the button. */
  verb: string;
  /** What leaves all as it is; "Cancel" where that could be misread. */
  no?: string;
  /** What cannot be undone is done once its name was typed. */
  name?: string;
  /** Rejects as `ask` does; closed once it resolves. */
  act(): Promise<unknown>;
  close(): void;
  /** What comes of it. */
  children?: ComponentChildren;
}

/** Asks before something is done that ends or removes something. */
export function Confirm({ name, act, children, ...rest }: Props) {
  const typed = useSignal('');
  const error = useSignal<string | null>(null);
  return (
    <FormDialog
      {...rest}
      isDangerous
      lead={children}
      act={async () => {
        error.value = name === undefined || typed.value.trim() === name ? null : words.nameDiffers;
        if (error.value !== null) return false;
        await act();
        return true;
      }}
    >
      {name !== undefined && <Field label={fill(words.typeName, { name })} error={error.value} text={typed} />}
    </FormDialog>
  );
}
