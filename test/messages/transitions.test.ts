import test from 'ava';
import { type ErrorCode, HooklineError, type SendStage } from '../../src/core/errors.ts';
import type { MessageStatus } from '../../src/core/message.ts';
import type { SessionRef } from '../../src/core/session.ts';
import { toProblem } from '../../src/http/problems.ts';
import * as after from '../../src/messages/lane/transitions.ts';
import { move } from '../../src/messages/message/status.ts';
import type { Hold } from '../../src/messages/message/store.ts';
import type { StoredMessage } from '../../src/messages/message/stored.ts';
import { draftOfSend } from '../../src/messages/sends/draft.ts';
import { memoryLogger } from '../helpers/runtime.ts';

const session = { id: 'ses_1', name: 'shop', tenantId: 'tnt_1' } as SessionRef;
const NOW = 1_000_000;
/** Always the longest wait, and always the shortest. */
const longest = () => 1;
const shortest = () => 0;

const queued = (more: Partial<StoredMessage> = {}): StoredMessage => ({
  ...draftOfSend(session, { to: '5511987654321', type: 'text', text: 'x' }, 0),
  ...more,
});
const sending = (more: Partial<StoredMessage> = {}): StoredMessage => ({ ...move(queued(), 'sending', NOW), attempts: 1, ...more });
const failure = (stage: SendStage | undefined, code: ErrorCode = 'engine-failed', message = 'No.'): HooklineError =>
  new HooklineError(code, message, { stage });

const STAGES: [SendStage | undefined, MessageStatus][] = [
  ['refused', 'failed'],
  ['network', 'queued'],
  ['later', 'queued'],
  ['before', 'queued'],
  ['perhaps', 'unknown'],
  [undefined, 'unknown'],
];
const CODES: ErrorCode[] = ['engine-failed', 'engine-timeout', 'internal', 'not-supported-by-engine', 'recipient-unknown'];

test('the stage of a failed send alone decides whether it is sent again, whatever its code, and nobody outside sees it', (t) => {
  for (const [stage, status] of STAGES) {
    for (const code of CODES) {
      const to = after.afterSendError(sending(), failure(stage, code), NOW, longest);
      t.is(to.status, status, `${stage} ${code}`);
      t.is(to.error?.code, stage === 'network' ? 'network' : code);
    }
  }
  t.is(after.afterSendError(sending(), new Error('a bug'), NOW, longest).status, 'unknown');
  const { problem } = toProblem(failure('before'), memoryLogger());
  t.deepEqual(Object.keys(problem).sort(), ['code', 'detail', 'status', 'title', 'type']);
});

test('between two tries the wait doubles from 2 s up to 5 minutes, and what the network keeps waits with its session', (t) => {
  const wait = (attempts: number, random: () => number) =>
    (after.afterSendError(sending({ attempts }), failure('later'), NOW, random).notBefore ?? 0) - NOW;
  t.deepEqual(
    [1, 2, 3, 9].map((attempts) => wait(attempts, longest)),
    [2_000, 4_000, 8_000, 300_000],
  );
  t.is(wait(1, shortest), 500);
  t.is(after.afterSendError(sending(), failure('network'), NOW, longest).notBefore, null);
});

test('an answer that nobody can explain is the last one when it comes the third time in a row, whatever ids are in it', (t) => {
  const again = (stage: SendStage, says: string[], fail: typeof after.afterSendError, begin: () => StoredMessage) => {
    const { error, repeats } = { error: null, repeats: 0 } as Pick<StoredMessage, 'error' | 'repeats'>;
    let before = { error, repeats };
    return says.map((message) => {
      const to = fail({ ...begin(), ...before }, failure(stage, 'engine-failed', message), NOW, longest);
      before = { error: to.error, repeats: to.repeats };
      return to.status;
    });
  };
  for (const [fail, begin] of [
    [after.afterSendError, () => sending()],
    [after.afterPreparing, () => queued()],
  ] as const) {
    t.deepEqual(again('before', ['no 3EB0FFFFFF', 'no 17', 'no 4'], fail, begin), ['queued', 'queued', 'failed']);
    t.deepEqual(again('before', ['no', 'never', 'no', 'no', 'no'], fail, begin), ['queued', 'queued', 'queued', 'queued', 'failed']);
    t.deepEqual(again('later', ['no', 'no', 'no', 'no'], fail, begin), ['queued', 'queued', 'queued', 'queued']);
  }
});

test('a message that is made ready is tried again whatever failed, unless it is refused; each try counts', (t) => {
  for (const [stage] of STAGES) {
    const to = after.afterPreparing(queued({ attempts: 1 }), failure(stage), NOW, longest);
    t.like(to, { status: stage === 'refused' ? 'failed' : 'queued', attempts: 2 }, stage);
    t.is(to.notBefore, stage === 'refused' || stage === 'network' ? null : NOW + 4_000, stage);
  }
});

test('what is sent has no error left, and one that WhatsApp reports is told apart', (t) => {
  const sent = after.afterSent(sending({ repeats: 2, error: { code: 'x', message: 'y' } }), 'id', NOW);
  t.like(sent, { status: 'sent', engineId: 'id', error: null, repeats: 0 });
  t.false(after.isReported(sent));
  t.true(after.isReported(after.withReport(sending())));
  t.like(after.afterReport(sent, NOW), { status: 'failed', error: { code: 'engine-failed' } });
  t.like(after.afterCrash(sending(), NOW), { status: 'unknown', error: { code: 'engine-timeout' } });
});

test('a session whose network is down is held for longer each time, until a message of it is sent', (t) => {
  const failed = after.afterSendError(sending(), failure('network'), NOW, longest);
  let hold: Hold | null = null;
  const held = [1, 2, 3, 7].map((times) => {
    hold = after.holdAfter(hold && { ...hold, times: times - 1 }, failed, NOW, longest);
    return hold && [hold.times, (hold.until ?? 0) - NOW];
  });
  t.deepEqual(held, [
    [1, 2_000],
    [2, 4_000],
    [3, 8_000],
    [7, 60_000],
  ]);
  t.is(after.holdAfter(null, failed, NOW, shortest)?.until, NOW + 1_000);
  const told = { waits: 'network', until: NOW, times: 1, told: true } as const;
  t.true(after.holdAfter(told, failed, NOW, longest)?.told);
  t.is(after.holdAfter(told, after.afterSendError(sending(), failure('later'), NOW, longest), NOW, longest), told);
  t.is(after.holdAfter(told, after.afterSent(sending(), 'id', NOW), NOW, longest), null);
  t.is(after.holdAfter({ ...told, waits: 'pacing' } as unknown as Hold, failed, NOW, longest)?.times, 1);
});

test('a tenant hears once of a message that fails again and again', (t) => {
  const error = { code: 'x', message: 'y' };
  const isTold = (more: Partial<StoredMessage>, hold: Hold | null = null) =>
    after.isWorthAWord({ ...queued(), attempts: 3, error, ...more }, hold);
  t.true(isTold({}));
  t.true(isTold({ status: 'failed' }));
  t.false(isTold({ status: 'unknown' }));
  t.false(isTold({ attempts: 2 }));
  t.false(isTold({ attempts: 4 }));
  t.false(isTold({ error: null }));
  t.false(isTold({}, { waits: 'network', until: NOW, times: 3, told: true }));
});

test('an unknown message is sent when WhatsApp says so, asked about again when it says nothing, and else left to the caller', (t) => {
  const unknown = after.afterCrash(sending(), NOW);
  t.like(after.afterAsked(unknown, 'sent', NOW), { status: 'sent', error: null });
  for (const answer of ['absent', 'unsure'] as const) t.like(after.afterAsked(unknown, answer, NOW), { status: 'unknown', wakesAt: null });
  t.is(after.afterAskError(unknown, NOW).wakesAt, NOW + after.ASK_AGAIN);
  t.is(after.onTimer(unknown, true, NOW), null);
  t.like(after.onTimer(unknown, false, NOW), { status: 'unknown', wakesAt: null });
});

test('by its time a scheduled message is queued, one that is too old expires, and one on its way is left to its owner', (t) => {
  const scheduled = queued({ status: 'scheduled', sendAt: NOW, expiresAt: null });
  t.is(after.onTimer(scheduled, false, NOW)?.status, 'queued');
  t.is(after.onTimer({ ...scheduled, expiresAt: NOW + 1 }, false, NOW)?.status, 'queued');
  t.is(after.onTimer({ ...scheduled, expiresAt: NOW }, false, NOW)?.status, 'expired');
  for (const message of [sending(), after.afterSent(sending(), 'id', NOW)]) {
    t.like(after.onTimer({ ...message, wakesAt: NOW }, true, NOW), { status: message.status, wakesAt: null });
  }
});
