import { crc32, inflateRawSync } from 'node:zlib';

/** What is in a ZIP archive without a comment, by its central directory (APPNOTE.TXT 6.3.10). Throws where it does not hold together. */
export function unzip(archive: Buffer): Map<string, Buffer> {
  const end = archive.length - 22;
  if (archive.readUInt32LE(end) !== 0x06054b50) throw new Error('There is no end of a central directory');
  const files = new Map<string, Buffer>();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    if (archive.readUInt32LE(at) !== 0x02014b50) throw new Error(`There is no entry at ${at}`);
    const [packed, size, length] = [archive.readUInt32LE(at + 20), archive.readUInt32LE(at + 24), archive.readUInt16LE(at + 28)];
    const name = archive.toString('utf8', at + 46, at + 46 + length);
    const local = archive.readUInt32LE(at + 42);
    if (archive.readUInt32LE(local) !== 0x04034b50) throw new Error(`${name} is not where the directory says`);
    const begin = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    const contents = inflateRawSync(archive.subarray(begin, begin + packed));
    if (contents.length !== size || crc32(contents) !== archive.readUInt32LE(at + 16)) throw new Error(`${name} came out otherwise`);
    files.set(name, contents);
    at += 46 + length + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
  return files;
}
