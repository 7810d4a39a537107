/**
 * Preloaded into a node of a cluster (`node --import`), which knows nothing of it: writes down when an engine of a sandbox session begins,
 * ends, and does something at the phone. See engines.ts.
 */
import { appendFileSync } from 'node:fs';
import { basename } from 'node:path';
import { PhoneDisk } from '../../src/sessions/engines/sandbox/disk.ts';
import { SandboxEngine } from '../../src/sessions/engines/sandbox/engine.ts';
import { type EngineLine, sinceBoot } from './engines.ts';

const file = process.env.ENGINE_LOG ?? '';

function note(what: EngineLine['what'], { directory }: PhoneDisk): void {
  const line: EngineLine = { at: sinceBoot(), pid: process.pid, profile: basename(directory), what };
  appendFileSync(file, `${JSON.stringify(line)}\n`);
}

const { start, stop } = SandboxEngine.prototype;
SandboxEngine.prototype.start = function () {
  note('began', this.disk);
  return start.call(this);
};
SandboxEngine.prototype.stop = async function () {
  await stop.call(this);
  note('ended', this.disk);
};

const { see, forgetReceived } = PhoneDisk.prototype;
PhoneDisk.prototype.see = async function (message) {
  note('acted', this);
  await see.call(this, message);
};
PhoneDisk.prototype.forgetReceived = async function (wanted) {
  note('acted', this);
  await forgetReceived.call(this, wanted);
};
