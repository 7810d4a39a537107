import test from 'ava';
import { filenameOf } from '../../../src/messages/media/filename.ts';

test('a name keeps what makes its letters and loses what turns or hides them', (t) => {
  for (const kept of ['👨‍👩‍👧‍👦.pdf', 'می‌خواهم.pdf', 'क्‍ष.pdf', '🏴󠁧󠁢󠁥󠁮󠁧󠁿.png', 'Fatura nº 12.pdf', '.env', 'a..b']) t.is(filenameOf(kept), kept);
  t.is(filenameOf('invoice\u202efdp.exe'), 'invoicefdp.exe');
  t.is(filenameOf('a\u2028b\u200f\u2066c\u2069\ufeff\r\n.pdf'), 'abc.pdf');
  t.is(filenameOf('C:\\Users\\me\\a.pdf'), 'a.pdf');
  t.is(filenameOf('../../etc/passwd'), 'passwd');
  for (const none of ['', ' ', '.', '..', '/', '\u200d', '\u200b\u200b', undefined]) t.is(filenameOf(none), undefined, String(none));
});

test('a long name keeps its ending, and no half of a character', (t) => {
  const long = filenameOf(`${'a'.repeat(300)}.pdf`);
  t.is(long?.length, 255);
  t.regex(long ?? '', /a\.pdf$/);
  t.true(filenameOf(`${'😀'.repeat(200)}.pdf`)?.isWellFormed());
  t.true(filenameOf('half \ud83d.pdf')?.isWellFormed());
});
