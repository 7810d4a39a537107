/**
 * A hub reduced to one engine, to be killed: `node hub-with-one-browser.ts <profileDir> <chromium> <browser args…>`. It
 * tells of each connection that this process opens, and says "started" when a code is shown.
 */
import { Socket } from 'node:net';
import { wppconnectEngine } from '../../src/sessions/engines/wppconnect/engine.ts';
import { engineContext } from '../helpers/runtime.ts';
import { RecordingHost } from './recording-host.ts';

const { connect } = Socket.prototype;
Socket.prototype.connect = function (this: Socket, ...to: unknown[]) {
  process.stdout.write(`connects to ${JSON.stringify(to)}\n`);
  return Reflect.apply(connect, this, to);
};

const [profileDir = '', chromium = '', ...extraBrowserArgs] = process.argv.slice(2);
const host = new RecordingHost();
const factory = wppconnectEngine({ chromium, extraBrowserArgs });
await factory(engineContext({ profileDir, host })).start();
await host.fact('qr');
process.stdout.write('started\n');
