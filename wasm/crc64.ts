/**
 * The checksum that closes an RDB file: CRC-64 with Jones' polynomial, as crc64.c of Redis computes it, sixteen
 * bytes a step (slicing).
 */

/** Jones' polynomial 0xad93d23594c935a9 with its bits reversed (POLY in crc64.c). */
// biome-ignore lint/correctness/noPrecisionLoss: integers have 64 bits here.
const POLY: u64 = 0x95ac9329ac4bc9b5;
/** Entry `k * 256 + b` is the checksum of byte `b` followed by `k` zero bytes. */
const TABLES: usize = memory.data(16 * 256 * 8, 16);

fillTables();

function fillTables(): void {
  for (let byte = 0; byte < 256; byte++) {
    let crc: u64 = byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (crc & 1 ? POLY : 0);
    store<u64>(TABLES + ((<usize>byte) << 3), crc);
  }
  for (let entry: usize = 256; entry < 16 * 256; entry++) {
    const before = load<u64>(TABLES + ((entry - 256) << 3));
    store<u64>(TABLES + (entry << 3), look(0, <u32>before) ^ (before >> 8));
  }
}

/** Table `k`, at the lowest byte of `bits`. */
function look(k: usize, bits: u32): u64 {
  return load<u64>(TABLES + (k << 11) + ((<usize>(bits & 0xff)) << 3));
}

/** Four bytes that `k + 3` to `k` bytes follow. */
function four(k: usize, bits: u32): u64 {
  return look(k + 3, bits) ^ look(k + 2, bits >> 8) ^ look(k + 1, bits >> 16) ^ look(k, bits >> 24);
}

export function crc64(start: u64, at: usize, end: usize): u64 {
  let crc = start;
  for (; at + 16 <= end; at += 16) {
    const first = crc ^ load<u64>(at);
    const second = load<u64>(at, 8);
    const early = four(4, <u32>second) ^ four(0, <u32>(second >> 32));
    crc = early ^ four(12, <u32>first) ^ four(8, <u32>(first >> 32));
  }
  for (; at < end; at++) crc = look(0, <u32>crc ^ load<u8>(at)) ^ (crc >> 8);
  return crc;
}
