import test from 'ava';
import { hasCode } from '../../src/core/errors.ts';
import type { TenantId } from '../../src/core/ids.ts';
import { Guard } from '../../src/egress/guard.ts';
import type { Address, Resolve } from '../../src/egress/resolve.ts';

const TENANT = 'tnt_a' as TenantId;

/** A resolver that knows these names; none reaches the network. */
const knows =
  (names: Record<string, string[]>): Resolve =>
  async (hostname) => {
    const found = names[hostname];
    if (!found) throw Object.assign(new Error(`getaddrinfo ENOTFOUND ${hostname}`), { code: 'ENOTFOUND' });
    return found.map((address): Address => ({ address, family: address.includes(':') ? 6 : 4 }));
  };

const guard = new Guard({
  resolve: knows({ 'example.com': ['93.184.215.14'], 'inside.example.com': ['10.0.0.5'], localhost: ['127.0.0.1', '::1'] }),
});

test('no spelling of an inner address passes', async (t) => {
  const hosts = [
    ['127.0.0.1', '2130706433', '0x7f000001', '0x7f.1', '0177.0.0.1', '017700000001', '127.1', '127.0.0.1.', '%31%32%37.0.0.1'],
    ['①②⑦.0.0.1', '１２７．０．０．１', '127。0。0。1', '0', '0.0.0.0', '0x0', '[::]', '[::1]', '[0:0:0:0:0:0:0:1]'],
    ['[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]', '[::ffff:8.8.8.8]', '[::ffff:0:127.0.0.1]'],
    ['[64:ff9b::7f00:1]', '[64:ff9b::10.0.0.1]', '[64:ff9b:1::1]', '[2002:7f00:1::]', '[2001:0:53aa:64c:0:0:7f00:1]'],
    ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254', '100.64.0.1', '100.100.100.200', '0xa9fea9fe'],
    ['192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '192.88.99.1', '192.0.0.192', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    [
      '[fe80::1]',
      '[fec0::1]',
      '[fc00::1]',
      '[fd00:ec2::254]',
      '[ff02::1]',
      '[2001:db8::1]',
      '[3fff::1]',
      '[100::1]',
      '[2001:2::1]',
      '[4000::1]',
    ],
    ['168.63.129.16', 'localhost', 'LOCALHOST', 'inside.example.com', 'metadata.google.internal', 'METADATA.google.internal.', 'metadata'],
  ].flat();
  for (const host of hosts) {
    const error = await t.throwsAsync(guard.check(TENANT, `http://${host}/latest/meta-data`), undefined, host);
    t.true(hasCode(error, 'url-forbidden'), host);
  }
});

test('what is public passes', async (t) => {
  for (const url of [
    'https://example.com/hook',
    'http://8.8.8.8/',
    'https://[2606:4700:4700::1111]/',
    'https://172.32.0.1:8443/',
    'http://100.128.0.1/',
  ]) {
    await t.notThrowsAsync(guard.check(TENANT, url), url);
  }
});

test('a name that does not resolve yet may be saved', async (t) => {
  await t.notThrowsAsync(guard.check(TENANT, 'https://soon.example.com/'));
});

test('other schemes, user names and passwords are refused', async (t) => {
  for (const url of [
    '',
    'example.com/hook',
    'ftp://example.com/',
    'file:///etc/passwd',
    'http://',
    'javascript:alert(1)',
    'unix:/run/docker.sock',
  ]) {
    await t.throwsAsync(guard.check(TENANT, url), { message: /is not a URL|begins with "[a-z]+:". Begin it/ }, url);
  }
  for (const url of ['https://user@example.com/', 'https://user:pass@example.com/', 'https://:pass@example.com/']) {
    await t.throwsAsync(guard.check(TENANT, url), { message: /user name or password/ }, url);
  }
});

test('ports are free unless the operator names them', async (t) => {
  const strict = new Guard({ ports: [443, 8443], resolve: knows({ 'example.com': ['93.184.215.14'] }) });
  for (const url of ['https://example.com/', 'https://example.com:8443/']) await t.notThrowsAsync(strict.check(TENANT, url), url);
  for (const url of ['http://example.com/', 'https://example.com:22/'])
    await t.throwsAsync(strict.check(TENANT, url), { message: /port/ }, url);
});

test('the operator may allow what is inside, and nothing beside it', (t) => {
  const open = new Guard({ allow: ['10.1.0.0/16', 'fd00:1::/32'] });
  for (const address of ['10.1.2.3', 'fd00:1::5', '8.8.8.8']) t.true(open.permits(address), address);
  for (const address of ['10.2.0.1', '127.0.0.1', 'fd00:2::1', '::ffff:10.1.2.3', 'nonsense']) t.false(open.permits(address), address);
  t.throws(() => new Guard({ allow: ['10.1.0.0'] }));
});

test('of several addresses only those that are allowed are left to connect to', async (t) => {
  const mixed = new Guard({ resolve: knows({ 'mixed.example.com': ['10.0.0.1', '93.184.215.14', '::1'] }) });
  t.deepEqual(await mixed.addressesOf(TENANT, 'mixed.example.com'), [{ address: '93.184.215.14', family: 4 }]);
});
