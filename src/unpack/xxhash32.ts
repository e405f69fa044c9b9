/** xxHash32, the checksum of lz4 frames, of bytes that come in pieces. https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md */

const PRIME_1 = 0x9e3779b1;
const PRIME_2 = 0x85ebca77;
const PRIME_3 = 0xc2b2ae3d;
const PRIME_4 = 0x27d4eb2f;
const PRIME_5 = 0x165667b1;
/** Four lanes of four bytes. */
const STRIPE_BYTES = 16;

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits));
const round = (lane: number, input: number): number =>
  Math.imul(rotate((lane + Math.imul(input, PRIME_2)) | 0, 13), PRIME_1);

export class XxHash32 {
  readonly #lanes = [(PRIME_1 + PRIME_2) | 0, PRIME_2 | 0, 0, -PRIME_1 | 0] as [
    number,
    number,
    number,
    number,
  ];
  /** Less than a stripe. */
  #held = Buffer.alloc(0);
  #length = 0;

  update(bytes: Buffer): this {
    this.#length += bytes.length;
    let rest = bytes;
    if (this.#held.length > 0) {
      const missing = STRIPE_BYTES - this.#held.length;
      this.#held = Buffer.concat([this.#held, rest.subarray(0, missing)]);
      rest = rest.subarray(missing);
      if (this.#held.length < STRIPE_BYTES) return this;
      this.#stripes(this.#held);
    }
    this.#held = Buffer.from(rest.subarray(this.#stripes(rest)));
    return this;
  }

  /** Bytes of whole stripes. */
  #stripes(bytes: Buffer): number {
    let [a, b, c, d] = this.#lanes;
    const end = bytes.length - (bytes.length % STRIPE_BYTES);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < end; at += STRIPE_BYTES) {
      a = round(a, view.getInt32(at, true));
      b = round(b, view.getInt32(at + 4, true));
      c = round(c, view.getInt32(at + 8, true));
      d = round(d, view.getInt32(at + 12, true));
    }
    this.#lanes.splice(0, 4, a, b, c, d);
    return end;
  }

  digest(): number {
    const [a, b, c, d] = this.#lanes;
    const lanes = rotate(a, 1) + rotate(b, 7) + rotate(c, 12) + rotate(d, 18);
    let hash = ((this.#length >= STRIPE_BYTES ? lanes : PRIME_5) + this.#length) | 0;
    let rest = this.#held;
    for (; rest.length >= 4; rest = rest.subarray(4)) {
      hash = Math.imul(rotate((hash + Math.imul(rest.readInt32LE(0), PRIME_3)) | 0, 17), PRIME_4);
    }
    for (const byte of rest) hash = Math.imul(rotate((hash + Math.imul(byte, PRIME_5)) | 0, 11), PRIME_1);
    hash = Math.imul(hash ^ (hash >>> 15), PRIME_2);
    hash = Math.imul(hash ^ (hash >>> 13), PRIME_3);
    return (hash ^ (hash >>> 16)) >>> 0;
  }
}

export const xxHash32 = (bytes: Buffer): number => new XxHash32().update(bytes).digest();
