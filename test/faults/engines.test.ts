/** The judge of engines is judged: of what they write down it finds two of one session at once, and nothing where there were none. */
import test from 'ava';
import { absences, type EngineLine, type Life, twoAtOnce } from './engines.ts';

const line = (at: number, pid: number, what: EngineLine['what'], profile = 'a'): EngineLine => ({ at, pid, profile, what });
const life = (at: number, pid: number, what: Life['what']): Life => ({ at, pid, what });
const GRACE = 100;

test('one after the other is well', (t) => {
  const handedOver = [line(0, 1, 'began'), line(5, 1, 'acted'), line(10, 1, 'ended'), line(11, 2, 'began'), line(12, 2, 'acted')];
  t.deepEqual(twoAtOnce(handedOver, [], GRACE), { broken: [], wokenUp: 0 });
  const killed = [line(0, 1, 'began'), line(5, 1, 'acted'), line(31, 2, 'began')];
  t.deepEqual(twoAtOnce(killed, [life(10, 1, 'died')], GRACE), { broken: [], wokenUp: 0 });
  const others = [line(0, 1, 'began', 'a'), line(1, 2, 'began', 'b')];
  t.deepEqual(twoAtOnce(others, [], GRACE), { broken: [], wokenUp: 0 });
});

test('two at once are found', (t) => {
  const both = [line(0, 1, 'began'), line(10, 2, 'began'), line(30, 1, 'ended')];
  t.deepEqual(twoAtOnce(both, [], GRACE).broken, ['two engines of a for 20 ms (processes 1 and 2)']);
  const forEver = twoAtOnce(both.slice(0, 2), [], GRACE).broken;
  t.regex(forEver.join(), /two engines of a for Infinity ms/);
});

test('one that was paused may be there for a moment when it wakes up, and do nothing', (t) => {
  const began = [line(0, 1, 'began'), line(40, 2, 'began')];
  const lives = [life(5, 1, 'paused'), life(60, 1, 'resumed')];
  t.deepEqual(twoAtOnce(began, [...lives, life(75, 1, 'died')], GRACE), { broken: [], wokenUp: 15 });
  t.regex(
    twoAtOnce(began, [...lives, life(200, 1, 'died')], GRACE).broken.join(),
    /two engines of a for 140 ms, after one of them had been paused/,
  );
  const acted = [...began, line(65, 1, 'acted')];
  t.regex(
    twoAtOnce(acted, [...lives, life(75, 1, 'died')], GRACE).broken.join(),
    /did 1 things at the phone after another node had begun one/,
  );
  // A pause that was over before is no excuse.
  t.regex(
    twoAtOnce([line(0, 1, 'began'), line(70, 2, 'began')], [...lives, life(80, 1, 'died')], GRACE).broken.join(),
    /two engines of a for 10 ms \(/,
  );
});

test('how long sessions were without an engine is told', (t) => {
  const lines = [line(0, 1, 'began', 'a'), line(0, 1, 'began', 'b'), line(0, 3, 'began', 'c'), line(50, 2, 'began', 'a')];
  const lives = [life(10, 1, 'died')];
  t.deepEqual(
    absences(lines, lives, { pid: 1, since: 10, now: 100 }).map(({ ms }) => ms),
    [40, 90],
  );
});
