/** Every code with which the installed wa-js can say no has a meaning: an upgrade that brings a new one fails here by its name. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import test from 'ava';
import { ERROR_CODES } from '../../../src/core/errors.ts';
import { directoryRefusal, mediaRefusal, resultRefusal, sendRefusal } from '../../../src/sessions/engines/refusals.ts';
import { meaningOf, WA_JS_CODES } from '../../../src/sessions/engines/wa-js-codes.ts';

const installed = createRequire(createRequire(import.meta.url).resolve('@wppconnect-team/wppconnect'));
const WA_JS = readFileSync(installed.resolve('@wppconnect/wa-js'), 'utf8');
const RESULTS = readFileSync(installed.resolve('@wppconnect/wa-js').replace(/[^/]+$/, 'whatsapp/enums/SendMsgResult.d.ts'), 'utf8');

const found = (pattern: RegExp, source = WA_JS): string[] => [...source.matchAll(pattern)].map(([, name = '']) => name);

/** `new WPPError("code"`, classes that extend it, `(on ? "pin" : "unpin") + "_error"`, and what is thrown without one. */
const CODES = new Set([
  ...found(/\bWPPError\("([^"]+)"/g),
  ...found(/\bWPPError\{constructor\([^)]*\)\{super\("([^"]+)"/g),
  ...[...WA_JS.matchAll(/\bWPPError\(\(\w\?"(\w+)":"(\w+)"\)\+"(\w+)"/g)].flatMap(([, a, b, end]) => [`${a}${end}`, `${b}${end}`]),
  ...found(/\berror:!0,code:"([^"]+)"/g),
  ...found(/\bthrow"([^"]+)"/g),
]);
const ANSWERS = found(/^\s+(\w+) = "/gm, RESULTS).filter((result) => result !== 'OK');
/** Of the hub's own functions in the page. */
const OWN = ['new_chats_locked', 'not_allowed', 'offline'];

test('the table has every code of the installed wa-js and every result of a send, and none that is gone', (t) => {
  const uses = WA_JS.match(/\bWPPError[({]/g)?.length ?? 0;
  const read = WA_JS.match(/\bWPPError(?:\("|\{constructor|\(\(\w\?"\w+":"\w+"\)\+")/g)?.length ?? 0;
  t.is(read, uses, 'an error is made in a way that this test does not read');
  t.true(CODES.size > 100 && ANSWERS.length >= 5, 'this test no longer finds the codes');
  t.deepEqual(Object.keys(WA_JS_CODES).sort(), [...CODES, ...ANSWERS, ...OWN].sort());
});

test('each code has an error of the hub, and says what to do', (t) => {
  for (const [code, { answer, says }] of Object.entries(WA_JS_CODES)) {
    t.true(Object.hasOwn(ERROR_CODES, answer), code);
    t.regex(says, /^[A-Z].{10,}\.$/, code);
  }
});

const WORDS: Record<string, string> = {
  'Failed to find or create chat for 120363099999999999@g.us': 'chat_not_found',
  'wid error: invalid wid nonsense': 'invalid_wid',
  'MsgKey error: obj is null/undefined': 'msg_not_found',
};

test('errors without a code are known by their words, which wa-js still has', (t) => {
  for (const [error, code] of Object.entries(WORDS)) t.is(meaningOf({ code: '', error }), WA_JS_CODES[code], error);
  t.true(WA_JS.includes('Failed to find or create chat for '));
  t.is(meaningOf({ code: '', error: "Cannot read properties of undefined (reading 'length')" }), undefined);
  t.is(meaningOf({ code: 'toString', error: '' }), undefined);
});

const said = (code: string, more: { error?: string; socket?: string } = {}) => ({
  code,
  error: 'some words',
  socket: 'CONNECTED',
  ...more,
});

test('what a no to a send means stands in its error', (t) => {
  const stage = (code: string, more = {}) => sendRefusal('wppconnect', { ...said(code, more), handedOver: false }).stage;
  t.is(stage('chat_not_found'), 'refused');
  t.is(stage('timeout_on_register_status'), 'later');
  t.is(stage('offline'), 'network');
  t.is(stage('chat_not_found', { socket: 'TIMEOUT' }), 'network', 'nothing is known of a chat without a line');
  t.is(stage('a_new_code'), 'before');
  t.is(stage('', { error: 'TypeError: x is not a function' }), 'before');
  const forward = sendRefusal('wppconnect', { ...said('forward_messages_not_available'), handedOver: false });
  t.is(forward.code, 'not-supported-by-engine');
  t.is(forward.extra?.engine, 'wppconnect');
  for (const code of ['chat_not_found', 'forward_messages_not_available']) {
    t.is(sendRefusal('wppconnect', { ...said(code), handedOver: true }).stage, 'perhaps', code);
  }
  t.regex(sendRefusal('wppconnect', { ...said('chat_not_found'), handedOver: false }).message, /some words \(chat_not_found\)\. .*GET/);
});

test('of what WhatsApp had, only what is certainly not out is marked so', (t) => {
  t.is(resultRefusal('ERROR_NETWORK', -1).stage, 'network');
  t.is(resultRefusal('ERROR_UPLOAD', -1).stage, 'later');
  for (const result of ['ERROR_UNKNOWN', 'OK', 'ERROR_NEW']) t.is(resultRefusal(result, -1).stage, 'perhaps', result);
});

test('a file, and what the directory was asked for, is gone only where somebody could be asked', (t) => {
  for (const code of ['chat_not_found', 'msg_not_found', 'message_not_contains_media', 'media_not_found']) {
    t.is(mediaRefusal({ ...said(code), gone: false }).code, 'media-unavailable', code);
    t.is(mediaRefusal({ ...said(code, { socket: 'TIMEOUT' }), gone: false }).code, 'engine-failed', code);
  }
  t.is(mediaRefusal({ ...said('a_new_code'), gone: false }).code, 'engine-failed');
  t.is(mediaRefusal({ ...said('a_new_code', { socket: 'TIMEOUT' }), gone: true }).code, 'media-unavailable');
  t.is(directoryRefusal('wppconnect', 'list', said('not_a_group')).code, 'not-found');
  t.is(directoryRefusal('wppconnect', 'list', said('not_a_group', { socket: 'OPENING' })).code, 'engine-failed');
  t.is(directoryRefusal('wppconnect', 'list', said('group_you_are_not_admin')).code, 'engine-failed');
  t.like(directoryRefusal('sandbox', 'list', said('is_not_business')), { code: 'not-supported-by-engine', extra: { engine: 'sandbox' } });
});
