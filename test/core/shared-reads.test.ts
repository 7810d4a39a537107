import test from 'ava';
import { SharedReads } from '../../src/core/shared-reads.ts';

/** Reads that end when they are told to, each with the number of its beginning. */
function slowReads() {
  const reads: PromiseWithResolvers<number>[] = [];
  const read = (): Promise<number> => {
    const begun = Promise.withResolvers<number>();
    reads.push(begun);
    return begun.promise;
  };
  const end = (index: number): void => reads[index]?.resolve(index);
  return { reads, read, end };
}

test('who asks while a read is under way shares the next one, which begins after they asked', async (t) => {
  const shared = new SharedReads<number>();
  const { reads, read, end } = slowReads();
  const first = shared.get('a', read);
  const meanwhile = [shared.get('a', read), shared.get('a', read)];
  t.is(reads.length, 1);
  end(0);
  t.is(await first, 0);
  t.is(reads.length, 2);
  const later = shared.get('a', read);
  end(1);
  t.deepEqual(await Promise.all(meanwhile), [1, 1]);
  end(2);
  t.is(await later, 2);
  t.is(reads.length, 3);
});

test('what nobody reads is forgotten, so that the next question is read at once', async (t) => {
  const shared = new SharedReads<number>();
  const { reads, read, end } = slowReads();
  for (const index of [0, 1]) {
    const answer = shared.get('a', read);
    t.is(reads.length, index + 1);
    end(index);
    t.is(await answer, index);
  }
});

test('different questions do not wait for each other, and a read that fails is no answer to the next', async (t) => {
  const shared = new SharedReads<number>();
  const { reads, read, end } = slowReads();
  const failing = shared.get('a', read);
  const other = shared.get('b', read);
  const behind = shared.get('a', read);
  end(1);
  t.is(await other, 1);
  reads[0]?.reject(new Error('no disk'));
  await t.throwsAsync(failing, { message: 'no disk' });
  end(2);
  t.is(await behind, 2);
});
