/**
 * What the engine uses of wppconnect and of wa-js, read from its own source, is there in the packages that are
 * installed: an upgrade that takes something away fails here by its name, and not in front of a phone. (That the
 * members still do what they did is shown by the conformance suite.)
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createContext, runInContext } from 'node:vm';
import { Whatsapp } from '@wppconnect-team/wppconnect/dist/api/whatsapp.js';
import test, { type ExecutionContext } from 'ava';

const ENGINE = new URL('../../../src/sessions/engines/wppconnect/', import.meta.url);
const SOURCE = readdirSync(ENGINE, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => readFileSync(new URL(file, ENGINE), 'utf8'))
  .join('\n')
  .replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');

/** The wa-js and the wapi.js that wppconnect puts into the page. */
const installed = createRequire(createRequire(import.meta.url).resolve('@wppconnect-team/wppconnect'));
const WA_JS = readFileSync(installed.resolve('@wppconnect/wa-js'), 'utf8');
const WAPI_JS = readFileSync(installed.resolve('./lib/wapi/wapi.js'), 'utf8');

/** wa-js runs where it finds a window, and defines its members at once; WhatsApp's own modules it looks for later. */
function waJs(): Record<string, unknown> {
  const nothing = () => undefined;
  // biome-ignore lint/suspicious/noExplicitAny: a window as far as wa-js looks at it while it is loaded
  const window: any = { setTimeout: nothing, clearTimeout: nothing, setInterval: nothing, addEventListener: nothing, console, crypto };
  Object.assign(window, {
    window,
    self: window,
    location: { href: '' },
    navigator: { userAgent: '' },
    TextEncoder,
    TextDecoder,
    URL,
    Blob,
  });
  window.localStorage = { getItem: () => null, setItem: nothing };
  window.document = { addEventListener: nothing, querySelector: () => null };
  runInContext(WA_JS, createContext(window));
  return window.WPP;
}

const found = (pattern: RegExp): string[] => [...new Set([...SOURCE.matchAll(pattern)].map(([, name = '']) => name))].sort();

/** `names` is what the source uses; that none was overlooked is what `atLeast` is for. */
function allThere(t: ExecutionContext, names: string[], atLeast: string[], isThere: (name: string) => boolean): void {
  t.deepEqual(
    atLeast.filter((name) => !names.includes(name)),
    [],
    'this test no longer finds what the engine uses',
  );
  t.deepEqual(
    names.filter((name) => !isThere(name)),
    [],
    'used, and not there in what is installed',
  );
}

test('wa-js has every member that the page functions use', (t) => {
  const wpp = waJs();
  const names = found(/\bWPP\.(\w+(?:\.\w+)?)/g).filter((name) => name !== 'whatsapp');
  const known = [
    'chat.find',
    'chat.sendTextMessage',
    'conn.isRegistered',
    'conn.startLinkDeviceCodeForPhoneNumber',
    'whatsapp.MsgStore',
    'on',
  ];
  allThere(t, names, known, (name) => {
    const [space = '', member] = name.split('.');
    const holder = wpp[space];
    // Members of `whatsapp` stand for modules of the page and can only be read there.
    return member === undefined ? ['function', 'string'].includes(typeof holder) : Object.hasOwn(holder as object, member);
  });
});

test('wa-js tells of every event that is listened to', (t) => {
  const names = found(/^ {2}on\('([\w.]+)'/gm);
  allThere(t, names, ['chat.new_reaction', 'conn.link_code_change'], (name) => WA_JS.includes(`"${name}"`));
});

test("wppconnect's client has every method that is called, and its script in the page", (t) => {
  // A client that is still to come is awaited by `then`.
  const names = found(/\bclient\.(\w+)\(/g).filter((name) => name !== 'then');
  allThere(t, names, ['logout', 'onAck', 'onAnyMessage', 'sendSeen', 'waitForPageLoad'], (name) => {
    return typeof (Whatsapp.prototype as unknown as Record<string, unknown>)[name] === 'function';
  });
  allThere(t, found(/\bWAPI\.(\w+)/g), ['processMessageObj'], (name) => WAPI_JS.includes(`WAPI.${name}=`));
});

test('no method is called that reads a path or a URL by itself: files come from the hub', (t) => {
  const methods = Object.entries(methodsOf(Whatsapp.prototype));
  const readers = new Set(['downloadFileToBase64', 'fileToBase64']);
  for (let size = 0; size !== readers.size; ) {
    size = readers.size;
    for (const [name, source] of methods)
      if ([...readers].some((reader) => source.includes(`${reader})(`) || source.includes(`this.${reader}(`))) readers.add(name);
  }
  const known = ['sendFile', 'sendFileFromBase64', 'sendImage', 'sendPtt', 'setProfilePic'];
  t.deepEqual(
    known.filter((name) => !readers.has(name)),
    [],
    'this test no longer finds what reads',
  );
  t.deepEqual(
    found(/\bclient\.(\w+)\(/g).filter((name) => readers.has(name)),
    [],
  );
});

/** Every method of the client, from all its layers, with its source. */
function methodsOf(prototype: object | null): Record<string, string> {
  if (!prototype || prototype === Object.prototype) return {};
  const own = Object.entries(Object.getOwnPropertyDescriptors(prototype)).flatMap(([name, { value }]) =>
    typeof value === 'function' && name !== 'constructor' ? [[name, String(value)] as const] : [],
  );
  return { ...methodsOf(Object.getPrototypeOf(prototype)), ...Object.fromEntries(own) };
}
