import test from 'ava';
import { Dialogs, passes } from '../../../src/sessions/engines/wppconnect/dialogs.ts';
import type { Dialog } from '../../../src/sessions/engines/wppconnect/page/page-dialogs.ts';
import { FakeClock, testRuntime } from '../../helpers/runtime.ts';

const NEWS: Dialog = { text: "What's new on WhatsApp Web A fresh look Continue", buttons: ['Continue'] };
const TERMS: Dialog = { text: 'New terms Accept Log out', buttons: ['Accept', 'Log out'] };

test('what only tells something is passed, in any language; what has to be decided is left to a person', (t) => {
  const passed: [Dialog, string[]][] = [
    [NEWS, ['continue']],
    [{ text: 'Novidades do WhatsApp Web', buttons: ['Saiba mais', 'Continuar'] }, ['continuar']],
    [{ text: '¡Nuevo aspecto!', buttons: ['Cerrar', 'Entendido'] }, ['entendido']],
    [{ text: 'Quoi de neuf', buttons: ['OK', 'Continuer'] }, ['continuer']],
    [{ text: 'Something else', buttons: ['OK'] }, ['ok']],
    [{ text: 'Etwas anderes', buttons: ['Schließen', 'Weiter'] }, ['weiter']],
  ];
  for (const [dialog, words] of passed) t.deepEqual(passes(dialog), words, dialog.text);
  const left: Dialog[] = [
    TERMS,
    { text: 'WhatsApp is open in another window', buttons: ['Close', 'Use here'] },
    { text: 'Log out of this device?', buttons: ['Cancel', 'OK'] },
    { text: 'Delete this chat?', buttons: ['Continue', 'Cancel'] },
    { text: 'Only a cross', buttons: ['Close'] },
    { text: 'Nothing to press', buttons: [] },
  ];
  for (const dialog of left) t.is(passes(dialog), null, dialog.text);
});

function watched() {
  const clock = new FakeClock();
  const [pressed, told]: [string[], string[]] = [[], []];
  const screen: { shows: Dialog | null; obeys: boolean } = { shows: null, obeys: true };
  const dialogs = new Dialogs({
    ...{ clock, log: testRuntime().log },
    look: async () => screen.shows,
    async press([button = '']) {
      pressed.push(button);
      if (screen.obeys) screen.shows = null;
      return true;
    },
    unknown: async (text) => void told.push(text),
  });
  const look = async (times = 1) => {
    for (let time = 0; time < times; time++) {
      clock.advance(5_000);
      await dialogs.look();
    }
  };
  return { clock, pressed, told, screen, dialogs, look };
}

test('a known one is pressed, an unknown one told once', async (t) => {
  const { pressed, told, screen, look } = watched();
  screen.shows = NEWS;
  await look(3);
  t.deepEqual([pressed, told], [['continue'], []]);
  screen.shows = TERMS;
  await look(3);
  t.deepEqual([pressed.length, told], [1, [TERMS.text]]);
});

test('one that stays though it was pressed three times is told, and pressed no more', async (t) => {
  const { pressed, told, screen, look } = watched();
  Object.assign(screen, { shows: NEWS, obeys: false });
  await look(6);
  t.deepEqual([pressed.length, told], [3, [NEWS.text]]);
});

test('after ten minutes nobody looks any more, until the page is loaded anew', async (t) => {
  const { clock, told, screen, dialogs, look } = watched();
  await look();
  clock.advance(599_000 - 5_000);
  screen.shows = TERMS;
  clock.advance(6_000);
  await look();
  t.deepEqual(told, []);
  dialogs.pageLoaded();
  await look();
  t.deepEqual(told, [TERMS.text]);
});

test('what changes with each look is not told without end', async (t) => {
  const { told, screen, look } = watched();
  for (let left = 60; left > 0; left--) {
    screen.shows = { ...TERMS, text: `New terms in ${left} s` };
    await look();
  }
  t.is(told.length, 5);
});
