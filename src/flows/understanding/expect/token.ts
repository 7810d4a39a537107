import type { Part } from './words/words.ts';

export interface Token {
  /** A letter; see below. */
  kind: string;
  value: number;
  /** As it was written, folded. */
  text: string;
  /** Nothing stands between it and what is before. */
  isGlued: boolean;
  part?: Part;
  /** Of a word for a number: what it may be joined with. */
  size?: Size;
  /** Was a word, and no digits. */
  isSpelled?: boolean;
}

export type Size = 'unit' | 'teen' | 'ten' | 'hundreds' | 'hundred' | 'scale' | 'group' | 'one';
