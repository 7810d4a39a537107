/**
 * Preloaded into a hub that is to die (`node --import`), which knows nothing of it: `STOP_AT=claimed:3` ends the process
 * with SIGKILL when it comes by that point of the send path for the third time since SIGUSR2. Which message that was is
 * written to `STOP_LOG` first.
 */
import { appendFileSync } from 'node:fs';
import { HandOver } from '../../src/messages/lane/hand-over.ts';
import { SendLane } from '../../src/messages/lane/lane.ts';
import { laneOf } from '../../src/messages/message/message-events.ts';
import { Acceptance } from '../../src/messages/sends/acceptance.ts';
import { PhoneDisk } from '../../src/sessions/engines/sandbox/disk.ts';

const [point = '', count = ''] = (process.env.STOP_AT ?? '').split(':');
let left = Number.POSITIVE_INFINITY;
process.on('SIGUSR2', () => {
  left = Number(count);
});

/** `message`: the hub's id or WhatsApp's. */
function passing(here: string, message: string): void {
  if (here !== point || --left > 0) return;
  appendFileSync(process.env.STOP_LOG ?? '', `${JSON.stringify({ point, message })}\n`);
  process.kill(process.pid, 'SIGKILL');
  // The signal may take a moment to arrive, in which nothing may happen.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

const { accept } = Acceptance.prototype;
/** On disk, and the caller has no answer yet. */
Acceptance.prototype.accept = async function (...send) {
  const accepted = await accept.apply(this, send);
  if (!accepted.replayed) passing('accepted', accepted.message.id);
  return accepted;
};

/** By lane: what WhatsApp has confirmed and the lane's next transaction will record. */
const confirmed = new Map<string, string>();
const { send } = HandOver.prototype;
HandOver.prototype.send = async function (engine, message, refs, late) {
  // `sending` is on disk, and the engine has not been told of it.
  passing('claimed', message.id);
  const done = await send.call(this, engine, message, refs, late);
  if (done.to.status === 'sent') {
    passing('confirmed', message.id);
    confirmed.set(laneOf(message.sessionId), message.id);
  }
  return done;
};

const { see } = PhoneDisk.prototype;
/** The phone of a sandbox has the message, and the engine has not said so. Of a real WhatsApp only WhatsApp can tell. */
PhoneDisk.prototype.see = async function (message) {
  await see.call(this, message);
  passing('handed over', message.engineId);
};

const { pump } = SendLane.prototype;
/** `sent` is on disk, and the lane has not gone on. */
SendLane.prototype.pump = function (lane) {
  const commit: typeof lane.commit = async (work) => {
    const recorded = confirmed.get(lane.key);
    confirmed.delete(lane.key);
    await lane.commit(work);
    if (recorded) passing('recorded', recorded);
  };
  return pump.call(this, { ...lane, commit });
};
