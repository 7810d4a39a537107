/** From WhatsApp Web's no to the hub's error: one translation for sends, files and the directory of both engines. */
import { HooklineError } from '../../core/errors.ts';
import type { EngineName } from '../engine.ts';
import { type Meaning, meaningOf } from './wa-js-codes.ts';

/** As it comes out of the page. */
export interface Said {
  /** wa-js's, or WhatsApp's result of a send; empty where the error has none. */
  code: string;
  /** Its words. */
  error: string;
  /** The state of the page's socket: a line that is down looks to wa-js like a chat or a file that is not there. */
  socket: string;
}

/** `handedOver`: WhatsApp Web has the message, which is then perhaps out, whatever was said. */
export function sendRefusal(engine: EngineName, said: Said & { handedOver: boolean }): HooklineError {
  const meaning = meaningOf(said);
  const isOffline = said.socket !== 'CONNECTED' || meaning?.stage === 'network';
  const stage = said.handedOver ? 'perhaps' : isOffline ? 'network' : (meaning?.stage ?? 'before');
  const isUnable = meaning?.answer === 'not-supported-by-engine' && !isOffline;
  const detail = detailOf('WhatsApp Web refused the message', said, meaning);
  return new HooklineError(isUnable ? meaning.answer : 'engine-failed', detail, { stage, ...(isUnable && { extra: { engine } }) });
}

/** What WhatsApp answered to a message that it had: only where this says that it is not out may it be sent again. */
export function resultRefusal(result: string, ack: number): HooklineError {
  const meaning = meaningOf({ code: result, error: '' });
  const stage = meaning === undefined || meaning.stage === 'before' ? 'perhaps' : meaning.stage;
  const error = `${result}, ack ${ack}`;
  return new HooklineError('engine-failed', detailOf('WhatsApp did not take the message', { code: '', error }, meaning), { stage });
}

/** `gone`: WhatsApp says of the file that it does not have it. */
export function mediaRefusal({ gone, ...said }: Said & { gone: boolean }): HooklineError {
  const meaning = meaningOf(said);
  const isGone = gone || (meaning?.stage === 'refused' && said.socket === 'CONNECTED');
  const detail = detailOf('WhatsApp does not give the file', said, meaning);
  return new HooklineError(isGone ? 'media-unavailable' : 'engine-failed', detail);
}

/** `what` completes "WhatsApp Web did not …". */
export function directoryRefusal(engine: EngineName, what: string, said: Said): HooklineError {
  if (said.socket !== 'CONNECTED') {
    return new HooklineError('engine-failed', `WhatsApp cannot be asked now: socket ${said.socket}. Try again in a while.`);
  }
  const meaning = meaningOf(said);
  const code = meaning?.answer ?? 'engine-failed';
  const detail = detailOf(`WhatsApp Web did not ${what}`, said, meaning);
  return new HooklineError(code, detail, { ...(code === 'not-supported-by-engine' && { extra: { engine } }) });
}

/** Its owner has put a PIN before it. */
export const guardedUsername = (name: string): HooklineError =>
  new HooklineError('recipient-unknown', `@${name} can be found by those alone to whom its owner gave the PIN. Ask for the number.`);

/** For people: what was said, and what can be done about it. */
function detailOf(what: string, { code, error }: Pick<Said, 'code' | 'error'>, meaning: Meaning | undefined): string {
  const words = error.replace(/\.$/, '');
  return `${what}: ${words}${code === '' ? '' : ` (${code})`}.${meaning ? ` ${meaning.says}` : ''}`;
}
