/**
 * CRC-32C (Castagnoli), which Google Cloud Storage keeps of every object, also of those that were put together from parts
 * and have no MD5. Eight bytes at a time, by eight tables. Takes pieces as node's own hashes do, and gives lower-case hex.
 */

/** Reversed 0x1EDC6F41. Source: RFC 3720, appendix B.4. */
const POLYNOMIAL = 0x82f63b78;

/** `TABLES[n]`: what a byte does to the sum with n zero bytes behind it. */
const TABLES = tables();

function tables(): Uint32Array[] {
  const first = new Uint32Array(256);
  for (let byte = 0; byte < 256; byte += 1) {
    let sum = byte;
    for (let bit = 0; bit < 8; bit += 1) sum = sum & 1 ? (sum >>> 1) ^ POLYNOMIAL : sum >>> 1;
    first[byte] = sum;
  }
  const all = [first];
  for (let n = 1; n < 8; n += 1) all.push(all[n - 1]!.map(sum => (sum >>> 8) ^ first[sum & 0xff]!));
  return all;
}

export class Crc32c {
  #sum = 0xffffffff;

  update(piece: Uint8Array): void {
    const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES;
    const view = new DataView(piece.buffer, piece.byteOffset, piece.byteLength);
    const whole = piece.length & ~7;
    let sum = this.#sum;
    let at = 0;
    for (; at < whole; at += 8) {
      const low = view.getUint32(at, true) ^ sum;
      const high = view.getUint32(at + 4, true);
      sum =
        t7![low & 0xff]! ^
        t6![(low >>> 8) & 0xff]! ^
        t5![(low >>> 16) & 0xff]! ^
        t4![low >>> 24]! ^
        t3![high & 0xff]! ^
        t2![(high >>> 8) & 0xff]! ^
        t1![(high >>> 16) & 0xff]! ^
        t0![high >>> 24]!;
    }
    for (; at < piece.length; at += 1) sum = (sum >>> 8) ^ t0![(sum ^ piece[at]!) & 0xff]!;
    this.#sum = sum;
  }

  digest(_encoding: 'hex'): string {
    return ((this.#sum ^ 0xffffffff) >>> 0).toString(16).padStart(8, '0');
  }
}
