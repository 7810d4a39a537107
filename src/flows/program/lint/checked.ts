import type { ParsedFlow } from '../../language/parse.ts';
import type { Program } from '../program.ts';

/** A flow with all that the checks ask of it. */
export interface Checked {
  parsed: ParsedFlow;
  program: Program;
}

/** What flows know of each other: what is remembered of a contact, what a flow that is called leaves behind. */
export interface Together {
  outlines: ReadonlyMap<string, Outline>;
  remembered: readonly string[];
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
}
