import { createHash } from 'node:crypto';
import { readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import type { MediaId } from '../../../src/core/ids.ts';
import { MEDIA_TYPES, type MediaSource, type MediaType } from '../../../src/core/message.ts';
import { PIN_LASTS } from '../../../src/messages/media/blobs.ts';
import { stores } from '../../helpers/database.ts';
import { until } from '../../helpers/hub.ts';
import { FakeClock } from '../../helpers/runtime.ts';
import { insertSession } from '../hub.ts';
import { chunks, noise, openWorld, PNG, serve } from './world.ts';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

for (const dialect of await stores()) {
  test(`${dialect}: base64 is on disk before its row is written, under the name of its content, for nobody else to read`, async (t) => {
    const world = await openWorld(t, { dialect });
    const noted = await world.noted({ base64: PNG.toString('base64'), filename: '../a/photo.png', mimetype: 'text/plain' });
    t.like(noted, { status: 'ready', url: `/api/media/${noted.id}`, mimetype: 'image/png', filename: 'photo.png', size: PNG.length });
    const file = await world.library.file(world.tenantId, noted.id, 'image');
    t.like(file, { mimetype: 'image/png', filename: 'photo.png', size: PNG.length, sha256: sha256(PNG) });
    t.is(file.path, join(world.directory, world.tenantId, sha256(PNG).slice(0, 2), sha256(PNG)));
    t.deepEqual(await readFile(file.path), PNG);
    t.is((await stat(file.path)).mode & 0o777, 0o600);
    t.is((await stat(join(world.directory, world.tenantId))).mode & 0o777, 0o700);
  });

  test(`${dialect}: the same content of a tenant is one file, whatever the number of rows; another tenant has its own`, async (t) => {
    const world = await openWorld(t, { dialect });
    const other = await insertSession(world.db, 'other');
    const first = await world.noted({ base64: PNG.toString('base64') });
    const second = await world.noted({ base64: `data:image/png;base64,${PNG.toString('base64')}`, filename: 'b.png' });
    t.not(first.id, second.id);
    t.is((await world.files()).length, 1);
    await world.noted({ base64: PNG.toString('base64') }, other.tenantId);
    t.is((await world.files()).length, 2);
    await world.library.remove(world.tenantId, first.id);
    t.is((await world.files()).length, 2, 'the second row has it');
    await world.library.remove(world.tenantId, second.id);
    t.deepEqual(
      (await world.files()).map((path) => path.split('/')[0]),
      [other.tenantId],
    );
  });

  test(`${dialect}: a file that goes between the look for it and its opening is said to be gone`, async (t) => {
    const world = await openWorld(t, { dialect });
    const { id } = await world.noted({ base64: PNG.toString('base64') });
    const { read } = await world.library.open(world.tenantId, id);
    for (const path of await world.files()) await rm(join(world.directory, path));
    await t.throwsAsync(read(), { code: 'media-unavailable' });
  });

  test(`${dialect}: an upload is sent by its id, as a row of its own`, async (t) => {
    const world = await openWorld(t, { dialect });
    const upload = await world.uploaded('x.png', PNG.subarray(0, 9), PNG.subarray(9));
    t.like(upload, { status: 'ready', mimetype: 'image/png', filename: 'x.png', size: PNG.length });
    const sent = await world.noted({ mediaId: upload.id, filename: 'y.png' });
    t.not(sent.id, upload.id);
    t.like(sent, { status: 'ready', mimetype: 'image/png', filename: 'y.png', size: PNG.length });
    await world.library.remove(world.tenantId, upload.id);
    t.is((await world.library.file(world.tenantId, sent.id, 'image')).sha256, sha256(PNG));
    await t.throwsAsync(world.library.open(world.tenantId, upload.id), { code: 'not-found' });
    const removed = { code: 'not-found', message: /has been removed/ };
    await world.db.write(({ sql }) => sql('media').where({ id: sent.id }).update({ message_id: 'msg_1' }));
    await world.library.remove(world.tenantId, sent.id);
    await t.throwsAsync(world.library.open(world.tenantId, sent.id), removed);
    t.like((await world.library.views(world.tenantId, [sent.id, upload.id])).get(sent.id), { status: 'removed', url: null });
    t.deepEqual(await world.files(), []);
  });

  test(`${dialect}: a file that nobody takes up goes, unless a row has the same bytes`, async (t) => {
    const world = await openWorld(t, { dialect });
    const keep = () => world.library.keep(world.tenantId, { chunks: chunks(PNG) });
    await world.library.drop(world.tenantId, await keep());
    t.deepEqual(await world.files(), []);
    const [mine, another] = [await keep(), await keep()];
    await world.library.drop(world.tenantId, mine);
    t.is((await world.files()).length, 1, 'another one is still waiting for its row');
    const { id } = await world.library.add(world.tenantId, another, 'a.png');
    await world.library.drop(world.tenantId, await keep());
    t.is((await world.library.file(world.tenantId, id, 'image')).sha256, sha256(PNG));
  });

  test(`${dialect}: who cleans up has no say in what is fetched and what goes: it is another node, at times`, async (t) => {
    const world = await openWorld(t, { dialect });
    const { message, view } = await world.receives();
    await world.drain();
    t.like((await world.library.views(world.tenantId, [view.id])).get(view.id), { status: 'ready' });
    await world.db.write((tx) => world.library.removeOf(tx, world.tenantId, [message.id]));
    await until(async () => (await world.files()).length === 0, { what: 'the file to go where nobody cleans up' });

    world.library.periodic.start();
    await world.library.periodic.stop();
    const later = await world.receives();
    await world.drain();
    t.like((await world.library.views(world.tenantId, [later.view.id])).get(later.view.id), { status: 'ready' });
  });

  test(`${dialect}: another tenant's media is as if it were not there`, async (t) => {
    const world = await openWorld(t, { dialect });
    const other = await insertSession(world.db, 'other');
    const { id } = await world.noted({ base64: PNG.toString('base64') });
    await t.throwsAsync(world.library.open(other.tenantId, id), { code: 'not-found' });
    await t.throwsAsync(world.library.remove(other.tenantId, id), { code: 'not-found' });
    const unknown = await t.throwsAsync(world.library.prepare(other.tenantId, { mediaId: id }), { code: 'invalid-body' });
    t.like(unknown, { errors: [{ path: 'media.mediaId' }] });
    t.is((await world.library.views(other.tenantId, [id])).size, 0);
    t.like(await t.throwsAsync(world.library.file(other.tenantId, id, 'image')), { stage: 'refused' });
  });

  test(`${dialect}: a quota counts each file once`, async (t) => {
    const world = await openWorld(t, { dialect, settings: { quotaBytes: 1_000 } });
    const bytes = noise(400);
    await world.noted({ base64: bytes.toString('base64') });
    await world.noted({ base64: bytes.toString('base64') });
    await world.noted({ base64: noise(500).toString('base64') });
    const full = await t.throwsAsync(world.noted({ base64: noise(200).toString('base64') }), { code: 'limit-reached' });
    t.like(full, { extra: { limit: { name: 'mediaBytes', limit: 1_000, used: 900 } } });
    t.is((await world.files()).length, 2);
  });

  test(`${dialect}: a file that nobody takes up, nor lets go, takes room for a while and no longer`, async (t) => {
    const clock = new FakeClock();
    const world = await openWorld(t, { dialect, clock, settings: { quotaBytes: 1_000 } });
    const prepare = () => world.library.prepare(world.tenantId, { base64: noise(600).toString('base64') });
    await prepare();
    await t.throwsAsync(prepare(), { code: 'limit-reached' });
    clock.advance(PIN_LASTS);
    await t.notThrowsAsync(prepare());
  });

  test(`${dialect}: files that come at the same time take no more room than there is`, async (t) => {
    const world = await openWorld(t, { dialect, settings: { quotaBytes: 1_000 } });
    const begin = Promise.withResolvers<void>();
    const chunksOf = async function* () {
      yield noise(100);
      await begin.promise;
      yield noise(200);
    };
    const keeping = Array.from({ length: 10 }, () => world.library.keep(world.tenantId, { chunks: chunksOf() }));
    begin.resolve();
    const done = await Promise.allSettled(keeping);
    const refused = done.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    t.is(refused.length, 7);
    for (const error of refused) t.is(error.code, 'limit-reached');
    t.is((await world.files()).length, 3);
  });
}

test('base64 that is none is refused at its place, and nothing is stored', async (t) => {
  const world = await openWorld(t);
  for (const base64 of ['***', 'Q', 'QUJD=', 'QQ===', 'QUJDRA=', 'data:image/png,abc', 'QUJ-', '=', 'QU=JD']) {
    const error = await t.throwsAsync(world.library.prepare(world.tenantId, { base64 }), { code: 'invalid-body' }, base64);
    t.like(error, { errors: [{ path: 'media.base64' }] }, base64);
  }
  await t.throwsAsync(world.library.prepare(world.tenantId, { base64: '' }), { code: 'media-invalid' });
  t.deepEqual(await world.files(), []);
});

test('base64 may be wrapped in lines and lack its padding', async (t) => {
  const world = await openWorld(t);
  const base64 = PNG.toString('base64').replace(/=+$/, '').replace(/.{20}/g, '$&\r\n');
  t.like(await world.noted({ base64 }), { size: PNG.length, mimetype: 'image/png' });
});

test('what is larger than the limit is refused before it is written', async (t) => {
  const world = await openWorld(t, { settings: { maxBytes: 1_000 } });
  await t.notThrowsAsync(world.noted({ base64: noise(1_000).toString('base64') }));
  await t.throwsAsync(world.noted({ base64: noise(1_001).toString('base64') }), { code: 'media-too-large' });
  await t.throwsAsync(world.uploaded('x', noise(600), noise(600)), { code: 'media-too-large' });
  t.is((await world.files()).length, 1);
});

test('bytes say what a file is; a hint counts only where they say nothing', async (t) => {
  const world = await openWorld(t);
  const typed = async (bytes: Buffer, mimetype?: string) =>
    (await world.noted({ base64: bytes.toString('base64'), ...(mimetype && { mimetype }) })).mimetype;
  t.is(await typed(PNG, 'application/pdf'), 'image/png');
  t.is(await typed(Buffer.from('a,b\n1,2\n'), 'text/csv'), 'text/csv');
  t.is(await typed(Buffer.from('a,b\n1,2\n'), 'text/csv; charset=utf-8'), 'text/csv; charset=utf-8');
  t.is(await typed(Buffer.from('a,b\n1,2\n')), 'application/octet-stream');
  t.is(await typed(Buffer.from('<script>'), 'image/png'), 'application/octet-stream', 'a picture would show it');
  t.is(await typed(Buffer.from('<script>'), 'text/html\r\nx: y'), 'application/octet-stream');
  t.is(await typed(Buffer.from('<?xml version="1.0"?><svg/>'), 'image/svg+xml'), 'image/svg+xml');
  t.is(await typed(Buffer.from('%PDF-1.7\n%%EOF'), 'text/plain'), 'application/pdf');
});

test('a URL is fetched when its turn comes, and then stays fetched', async (t) => {
  const world = await openWorld(t);
  let asked = 0;
  const url = await serve(t, (_, response) => {
    asked++;
    response.writeHead(200, { 'content-type': 'text/html' }).end(PNG);
  });
  const noted = await world.noted({ url: `${url}/a%20b.png?token=1` });
  t.like(noted, { status: 'pending', url: null, filename: 'a b.png' });
  t.is(asked, 0);
  await t.throwsAsync(world.library.open(world.tenantId, noted.id), { code: 'media-unavailable', message: /not here yet/ });
  const [one, two] = await Promise.all([
    world.library.file(world.tenantId, noted.id, 'image'),
    world.library.file(world.tenantId, noted.id, 'image'),
  ]);
  t.deepEqual(one, two);
  t.like(one, { mimetype: 'image/png', filename: 'a b.png', size: PNG.length });
  await world.library.file(world.tenantId, noted.id, 'image');
  t.is(asked, 1);
  t.like((await world.library.views(world.tenantId, [noted.id])).get(noted.id), { status: 'ready', mimetype: 'image/png' });
  t.is((await world.db.sql('media').where({ id: noted.id }).first()).url, null, 'such a URL is often a key');
});

const PDF = Buffer.from('%PDF-1.7\n%%EOF');
const WEBP = Buffer.from('UklGRiQAAABXRUJQVlA4IBgAAAAwAQCdASoBAAEAAgA0JaQAA3AA/vuUAAA=', 'base64');
const OGG = Buffer.concat([Buffer.from('OggS\0\x02'), Buffer.alloc(22), Buffer.from('OpusHead'), Buffer.alloc(200)]);
const box = (type: string, ...content: Buffer[]): Buffer => {
  const body = Buffer.concat(content);
  const head = Buffer.alloc(8, type.padStart(8, '\0'), 'latin1');
  head.writeUInt32BE(body.length + 8);
  return Buffer.concat([head, body]);
};
const handler = (kind: string) => box('trak', box('mdia', box('hdlr', Buffer.alloc(8), Buffer.from(kind), Buffer.alloc(13))));
const mp4 = (...kinds: string[]) =>
  Buffer.concat([box('ftyp', Buffer.from('isom\0\0\x02\0isommp41')), box('mdat', noise(3_000)), box('moov', ...kinds.map(handler))]);
const webm = (...tracks: number[]) =>
  Buffer.concat([
    Buffer.from('1a45dfa3874282847765626d', 'hex'),
    Buffer.from('1853806701ffffffffffffff', 'hex'),
    Buffer.from('1549a966', 'hex'),
    noise(50),
    Buffer.from('1654ae6b', 'hex'),
    ...tracks.map((kind) => Buffer.from([0xae, 0x83, 0x81, kind, 0xd7, 0x81, 1])),
    Buffer.from('1f43b675', 'hex'),
    Buffer.from([0x83, 0x81, 1]),
    noise(100),
  ]);
/** What it is, and which messages carry it. */
const FILES: [what: string, bytes: Buffer, carries: MediaType[]][] = [
  ['a PNG', PNG, ['image', 'document']],
  ['a WebP', WEBP, ['image', 'sticker', 'document']],
  ['a PDF', PDF, ['document']],
  ['a page behind a login', Buffer.from('<!doctype html><html>login</html>'), ['document']],
  ['an OGG', OGG, ['audio', 'voice', 'document']],
  ['a film', mp4('vide', 'soun'), ['video', 'document']],
  ['a recording in the file of a film', mp4('soun'), ['audio', 'voice', 'document']],
  ['a WebM with pictures', webm(1, 2), ['video', 'document']],
  ['a WebM of sound alone', webm(2), ['audio', 'voice', 'document']],
];

for (const [what, bytes, carries] of FILES) {
  test(`${what} is carried by ${carries.join(', ')} and refused by all else, however it comes`, async (t) => {
    const world = await openWorld(t);
    const url = await serve(t, (_, response) => void response.writeHead(200, { 'content-type': 'image/png' }).end(bytes));
    const uploaded = await world.uploaded('x', bytes);
    const sources = (): Promise<MediaSource>[] => [
      Promise.resolve({ base64: bytes.toString('base64'), mimetype: 'image/jpeg' }),
      Promise.resolve({ mediaId: uploaded.id }),
      world.library.keep(world.tenantId, { chunks: chunks(bytes), mimetype: 'audio/ogg' }).then((kept) => ({ kept })),
    ];
    for (const type of MEDIA_TYPES) {
      for (const source of await Promise.all(sources())) {
        const prepared = world.library.prepare(world.tenantId, source, type);
        if (carries.includes(type))
          await t.notThrowsAsync(
            prepared.then((it) => 'kept' in it && it.kept.release()),
            type,
          );
        else {
          const refused = await t.throwsAsync(prepared, { code: 'media-invalid' }, type);
          t.true(
            refused?.message.includes(`"${type}"`) && refused.message.includes(uploaded.mimetype.split(';')[0] ?? ''),
            refused?.message,
          );
        }
      }
      const { id } = await world.noted({ url }, world.tenantId);
      const fetched = world.library.file(world.tenantId, id, type);
      if (carries.includes(type)) await t.notThrowsAsync(fetched, type);
      else t.like(await t.throwsAsync(fetched, { code: 'media-invalid' }, type), { stage: 'refused' });
    }
  });
}

test('a document has a name that people read: its own, that of the answer, that of the URL, or what it is', async (t) => {
  const world = await openWorld(t);
  const named = async (source: MediaSource): Promise<string | undefined> => {
    const prepared = await world.library.prepare(world.tenantId, source, 'document');
    const { id } = await world.db.write((tx) => world.library.note(tx, world.tenantId, prepared));
    const first = await world.library.file(world.tenantId, id, 'document');
    t.like(await world.library.file(world.tenantId, id, 'document'), { filename: first.filename }, 'it stays');
    return first.filename;
  };
  const url = await serve(t, (request, response) => {
    const said = new URL(request.url ?? '', 'http://x').searchParams.get('says');
    response.writeHead(200, said === null ? {} : { 'content-disposition': Buffer.from(said).toString('latin1') }).end(PDF);
  });
  const says = (disposition: string, path = 'a.pdf') => named({ url: `${url}/${path}?says=${encodeURIComponent(disposition)}` });
  t.is(await named({ base64: PDF.toString('base64') }), 'document.pdf');
  t.is(await named({ base64: PNG.toString('base64') }), 'document.png');
  t.is(await named({ base64: Buffer.from('a,b').toString('base64'), mimetype: 'text/csv' }), 'document.csv');
  t.is(await named({ base64: Buffer.from('a,b').toString('base64') }), 'document.bin');
  t.is(await named({ mediaId: (await world.uploaded('', PDF)).id }), 'document.pdf');
  t.is(await named({ url }), 'document.pdf');
  t.is(await named({ url: `${url}/v1.2` }), 'document.pdf');
  t.is(await named({ url: `${url}/a%20b.pdf?x=1` }), 'a b.pdf');
  t.is(await named({ url: `${url}/download.php` }), 'download.pdf');
  t.is(await says("attachment; filename*=UTF-8''Fatura%20n%C2%BA%2012.pdf"), 'Fatura nº 12.pdf');
  t.is(await says(`attachment; filename="fallback.pdf"; filename*=utf-8'pt'Jo%C3%A3o.pdf`), 'João.pdf');
  t.is(await says('attachment; filename="a \\"b\\"; c.pdf"'), 'a "b"; c.pdf');
  t.is(await says('attachment; filename=invoice'), 'invoice.pdf');
  t.is(await says('attachment; filename="Olá.pdf"'), 'Olá.pdf');
  t.is(await says('attachment; filename="=?UTF-8?B?T2zDoS5wZGY=?="'), 'Olá.pdf');
  t.is(await says('attachment; filename="..\\..\\etc\\x.pdf"'), 'x.pdf');
  t.is(await says('inline'), 'a.pdf');
  const own = { url: `${url}/a.pdf?says=${encodeURIComponent('attachment; filename=b.pdf')}`, filename: 'c' };
  t.is(await named(own), 'c', 'who gives a name has it');
});

test('what is downloaded has a name, too, which is none of the hub', async (t) => {
  const world = await openWorld(t);
  const { view } = await world.receives({ mimetype: 'image/png' });
  await world.drain();
  t.is((await world.library.open(world.tenantId, view.id)).filename, 'image.png');
});

test('a URL that may not be reached is refused when the send is accepted, and again when it is fetched', async (t) => {
  const world = await openWorld(t, { allow: [] });
  await t.throwsAsync(world.library.prepare(world.tenantId, { url: 'http://10.0.0.1/x.png' }), { code: 'url-forbidden' });
  await t.throwsAsync(world.library.prepare(world.tenantId, { url: 'file:///etc/passwd' }), { code: 'url-forbidden' });
  const url = await serve(t, (_, response) => void response.end(PNG));
  const noted = await world.db.write((tx) => world.library.note(tx, world.tenantId, { url, mimetype: 'image/png', filename: null }));
  t.like(await t.throwsAsync(world.library.file(world.tenantId, noted.id, 'image')), { code: 'url-forbidden', stage: 'refused' });
  t.deepEqual(await world.files(), []);
});

test('a row whose file is lost says so', async (t) => {
  const world = await openWorld(t);
  const { id } = await world.noted({ base64: PNG.toString('base64') });
  await world.library.forget(world.tenantId);
  t.like(await t.throwsAsync(world.library.file(world.tenantId, id, 'image')), { code: 'media-unavailable', stage: 'refused' });
  await t.throwsAsync(world.library.open(world.tenantId, id as MediaId), { code: 'media-unavailable' });
  await t.throwsAsync(world.library.prepare(world.tenantId, { mediaId: id }), { code: 'media-unavailable' });
});
