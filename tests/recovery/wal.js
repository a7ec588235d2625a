/**
 * Changes bytes in the newest RocksDB write-ahead log and makes its checksums right again: the way to a store that a
 * newer program has written. Source: RocksDB wiki, "Write Ahead Log File Format".
 */
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const blockSize = 32_768;
const recyclable = 5;

/** Every log file under a folder. */
export function logFiles(folder) {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) return logFiles(path);
    return /^\d+\.log$/.test(name) && statSync(path).size > 0 ? [path] : [];
  });
}

/** Replaces `from` by `to` (of the same length) in every record of the file; gives how often. */
export function patchLog(path, from, to) {
  const bytes = readFileSync(path);
  let count = 0;
  for (let block = 0; block < bytes.length; block += blockSize) {
    let at = block;
    const end = Math.min(block + blockSize, bytes.length);
    while (at + 7 <= end) {
      const [size, type] = [bytes.readUInt16LE(at + 4), bytes[at + 6]];
      if (type === 0) break;
      const head = type >= recyclable && type <= recyclable + 3 ? 11 : 7;
      const record = bytes.subarray(at + head, at + head + size);
      const found = record.indexOf(from);
      if (found >= 0) {
        to.copy(record, found);
        bytes.writeUInt32LE(masked(crc32c(bytes.subarray(at + 6, at + head + size))), at);
        count += 1;
      }
      at += head + size;
    }
  }
  writeFileSync(path, bytes);
  return count;
}

const table = Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value >>> 0;
});

function crc32c(bytes) {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ table[(value ^ byte) & 255];
  return (value ^ 0xffffffff) >>> 0;
}

/** How RocksDB stores checksums of what may hold checksums itself. */
function masked(crc) {
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}
