import test from 'ava';
import { callerOf, trustIn } from '../../src/http/caller.ts';

const LOOPBACK = ['127.0.0.0/8', '::1/128'];
const at = (trustProxy: string[], peer: string | undefined, addresses: string, scheme = '') =>
  callerOf({ peer, addresses, scheme }, trustIn(trustProxy));

test('the address is the nearest one that is not of a proxy that is believed, whatever a client writes into the header', (t) => {
  const cases: [trustProxy: string[], peer: string, header: string, address: string, why: string][] = [
    [LOOPBACK, '127.0.0.1', '', '127.0.0.1', 'no proxy'],
    [LOOPBACK, '127.0.0.1', '203.0.113.7', '203.0.113.7', 'one proxy on this machine'],
    [LOOPBACK, '::ffff:127.0.0.1', '203.0.113.7', '203.0.113.7', 'on a socket for both families'],
    [LOOPBACK, '::1', '2001:db8::7', '2001:db8::7', 'IPv6'],
    [LOOPBACK, '127.0.0.1', '127.0.0.1, 203.0.113.7', '203.0.113.7', 'the client pretends to be local'],
    [LOOPBACK, '127.0.0.1', '198.51.100.1, 203.0.113.7', '203.0.113.7', 'the client pretends to be another'],
    [LOOPBACK, '203.0.113.7', '198.51.100.1', '203.0.113.7', 'no proxy of ours says so'],
    [[], '127.0.0.1', '203.0.113.7', '127.0.0.1', 'nobody is believed'],
    [['10.0.0.0/8'], '127.0.0.1', '203.0.113.7', '127.0.0.1', 'others are believed'],
    [['10.0.0.9', '192.0.2.0/24'], '10.0.0.9', '198.51.100.1, 203.0.113.7, 192.0.2.3', '203.0.113.7', 'two proxies in a row'],
    [['10.0.0.9'], '10.0.0.9', '203.0.113.7, 192.0.2.3', '192.0.2.3', 'only the nearer of two is believed'],
    [LOOPBACK, '127.0.0.1', '127.0.0.3, 127.0.0.2', '127.0.0.3', 'nobody but proxies: the farthest'],
    [LOOPBACK, '127.0.0.1', '203.0.113.7, unknown', '127.0.0.1', 'a proxy that tells no address'],
    [LOOPBACK, '127.0.0.1', "1' OR 1=1", '127.0.0.1', 'no address'],
    [LOOPBACK, '127.0.0.1', '203.0.113.7:4711', '203.0.113.7', 'with its port'],
    [LOOPBACK, '127.0.0.1', '[2001:db8::7]:4711', '2001:db8::7', 'IPv6 with its port'],
    [LOOPBACK, '127.0.0.1', '0x7f.1', '127.0.0.1', 'an address that only some read as one'],
    [['0'], '127.0.0.1', '203.0.113.7', '127.0.0.1', 'no hop'],
    [['1'], '10.9.9.9', '198.51.100.1, 203.0.113.7', '203.0.113.7', 'one hop, wherever it is'],
    [['2'], '10.9.9.9', '198.51.100.1, 203.0.113.7, 192.0.2.3', '203.0.113.7', 'two hops'],
    [['2'], '10.9.9.9', '203.0.113.7', '203.0.113.7', 'two hops, and somebody inside'],
  ];
  for (const [trustProxy, peer, header, address, why] of cases) t.is(at(trustProxy, peer, header).address, address, why);
  t.is(at(LOOPBACK, undefined, '203.0.113.7').address, '', 'a connection that is gone');
});

test('TLS is there when the nearest proxy that is believed says so', (t) => {
  t.is(at(LOOPBACK, '127.0.0.1', '', 'https').scheme, 'https');
  t.is(at(LOOPBACK, '127.0.0.1', '', 'HTTP').scheme, 'http');
  t.is(at(LOOPBACK, '127.0.0.1', '', 'https, http').scheme, 'http');
  t.is(at(LOOPBACK, '127.0.0.1', '', 'javascript').scheme, undefined);
  t.is(at(LOOPBACK, '203.0.113.7', '', 'https').scheme, undefined);
});
