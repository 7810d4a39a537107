/** What a flow makes of the answer to its request. */
import test from 'ava';
import type { TenantId } from '../../src/core/ids.ts';
import { fetchBy } from '../../src/flows/runtime/fetch.ts';

const bodyOf = async (json: string) => {
  const fetch = fetchBy({ request: async () => ({ status: 200, headers: {}, body: Buffer.from(json) }) });
  const result = await fetch({
    tenantId: 'tnt_x' as TenantId,
    url: 'https://example.org',
    method: 'GET',
    headers: {},
    own: {},
    deadline: 1,
    body: undefined,
  });
  return 'body' in result ? result.body : result;
};

test('numbers keep all their digits: what JavaScript would round is kept as text', async (t) => {
  t.deepEqual(
    await bodyOf(
      '{"id":9007199254740993,"all":[-12345678901234567890,1e400],"exact":9007199254740991,"price":12.5,"n":1e3,"long":0.12345678901234567890,"said":"12345678901234567890 \\" 12345678901234567890"}',
    ),
    {
      id: '9007199254740993',
      all: ['-12345678901234567890', '1e400'],
      exact: 9_007_199_254_740_991,
      price: 12.5,
      n: 1_000,
      long: 0.123_456_789_012_345_68,
      said: '12345678901234567890 " 12345678901234567890',
    },
  );
  t.is(await bodyOf('12345678901234567890'), '12345678901234567890');
});

test('texts are what phones and databases take', async (t) => {
  t.deepEqual(await bodyOf('{"cut":"hi \\ud83d","nul":"a\\u0000b","whole":"\\ud83d\\ude00 \\u00e9"}'), {
    cut: 'hi \ufffd',
    nul: 'a\ufffdb',
    whole: '😀 é',
  });
  t.is(await bodyOf('no JSON \0'), 'no JSON \ufffd');
});

test('JSON that is nested too deeply is no answer, whatever stands in it', async (t) => {
  const deep = `${'['.repeat(9_000)}"\\ud83d",12345678901234567890${']'.repeat(9_000)}`;
  t.like(await bodyOf(deep), { error: 'The JSON of the answer is nested too deeply' });
});
