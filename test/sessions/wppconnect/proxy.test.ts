import test from 'ava';
import { proxyOf } from '../../../src/sessions/engines/wppconnect/chromium/proxy.ts';

const PROXIES = ['office=http://user:p%40ss@10.0.0.5:3128', 'home=socks5://10.0.0.6:1080'];

test('a session goes through the proxy that it names, and without one through none', (t) => {
  t.deepEqual(proxyOf('office', PROXIES), { server: 'http://10.0.0.5:3128', credentials: { username: 'user', password: 'p@ss' } });
  t.deepEqual(proxyOf('home', PROXIES), { server: 'socks5://10.0.0.6:1080', credentials: null });
  for (const none of [undefined, null]) t.is(proxyOf(none, PROXIES), null);
});

test('a proxy that the operator has not listed is refused, with the names of those there are and nothing more', (t) => {
  for (const name of ['Office', 'http://10.0.0.9:1', '', 7, {}, 'office=http://user']) {
    const error = t.throws(() => proxyOf(name, PROXIES), { code: 'engine-unavailable' }, String(name));
    t.regex(error?.message ?? '', /It has: office, home/);
    t.notRegex(error?.message ?? '', /10\.0\.0\.5|p%40ss|p@ss/);
  }
});
