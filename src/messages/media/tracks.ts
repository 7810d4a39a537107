import { type FileHandle, open } from 'node:fs/promises';

/** Of a file's own description of itself, which stands in one piece. */
const MOST_READ = 4 * 1_024 * 1_024;
/** Boxes at the top of a file that is none are not followed without end. */
const MOST_BOXES = 64;

/**
 * Whether a file of a kind that may hold pictures holds sound alone: phones and browsers record what is said in the same kinds
 * of file as films. False also where it cannot be made out.
 */
export async function isSoundOnly(path: string, mimetype: string): Promise<boolean> {
  if (!/^video\/(mp4|x-m4v|quicktime|3gpp2?|webm|matroska)$/.test(mimetype)) return false;
  await using file = await open(path);
  const kinds = /webm|matroska/.test(mimetype) ? await matroskaTracks(file) : await mp4Tracks(file);
  return kinds.has('sound') && !kinds.has('picture');
}

type Kind = 'sound' | 'picture' | 'other';

/** ISO/IEC 14496-12: `moov` at the top, in it a `hdlr` of each track. */
async function mp4Tracks(file: FileHandle): Promise<Set<Kind>> {
  const kinds = new Set<Kind>();
  for (let [at, boxes] = [0, 0]; boxes < MOST_BOXES; boxes++) {
    const head = await read(file, at, 16);
    if (head.length < 8) break;
    const isLarge = head.readUInt32BE(0) === 1 && head.length === 16;
    const size = isLarge ? Number(head.readBigUInt64BE(8)) : head.readUInt32BE(0);
    if (head.toString('latin1', 4, 8) === 'moov') {
      const moov = await read(file, at, Math.min(size || MOST_READ, MOST_READ));
      for (let hdlr = moov.indexOf('hdlr'); hdlr >= 0; hdlr = moov.indexOf('hdlr', hdlr + 4)) {
        const handler = moov.toString('latin1', hdlr + 12, hdlr + 16);
        kinds.add(handler === 'vide' ? 'picture' : handler === 'soun' ? 'sound' : 'other');
      }
      break;
    }
    // 0: it goes on to the end.
    if (size < 8) break;
    at += size;
  }
  return kinds;
}

const TRACKS = Buffer.from([0x16, 0x54, 0xae, 0x6b]);
/** Behind the tracks: the sound and the pictures themselves. */
const CLUSTER = Buffer.from([0x1f, 0x43, 0xb6, 0x75]);
/** With the length of its value, one byte. */
const TRACK_TYPE = Buffer.from([0x83, 0x81]);

/** RFC 9559: a TrackType in each entry of Tracks. */
async function matroskaTracks(file: FileHandle): Promise<Set<Kind>> {
  const start = await read(file, 0, 256 * 1_024);
  const kinds = new Set<Kind>();
  const tracks = start.indexOf(TRACKS);
  if (tracks < 0) return kinds;
  const cluster = start.indexOf(CLUSTER, tracks);
  const body = start.subarray(tracks + TRACKS.length, cluster < 0 ? undefined : cluster);
  for (let type = body.indexOf(TRACK_TYPE); type >= 0; type = body.indexOf(TRACK_TYPE, type + 1)) {
    const kind = body[type + TRACK_TYPE.length];
    kinds.add(kind === 1 ? 'picture' : kind === 2 ? 'sound' : 'other');
  }
  return kinds;
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(length), position, length });
  return buffer.subarray(0, bytesRead);
}
