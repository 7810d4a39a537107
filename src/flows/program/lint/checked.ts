import type { ParsedFlow, Unread } from '../../language/parse.ts';
import type { Program } from '../program.ts';

/** A flow with all that the checks ask of it. */
export interface Checked {
  parsed: ParsedFlow;
  program: Program;
  /** Of a flow with faults. What is missing may be there: no fault is made by another one. */
  unread: Unread;
}

export const NOTHING_UNREAD: Unread = { names: new Set(), steps: new Set() };

/** What flows know of each other: what is remembered of a contact, what a flow that is called leaves behind. */
export interface Together {
  outlines: ReadonlyMap<string, Outline>;
  remembered: readonly string[];
  /** Names in whatever could not be read of any of them. */
  unread: ReadonlySet<string>;
}

/** What starts a flow, and no other. Equal keys are the same claim. */
export interface Claim {
  key: string;
  text: string;
  /** `flows/booking.yml:5:11`. */
  place: string;
}

export interface Outline {
  flow: string;
  place: string;
  inputs: readonly { name: string; required: boolean }[];
  answers: readonly string[];
  values: readonly string[];
  remembered: readonly string[];
  calls: readonly string[];
  /** Each step that calls, with the inputs that it gives. */
  callers: readonly { flow: string; place: string; given: readonly string[] }[];
  claims: readonly Claim[];
  /** Words that it hears, at its start or in a run; of the words for all flows, those. */
  hears: readonly Claim[];
}
