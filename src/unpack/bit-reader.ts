/** Bits of a buffer, the highest of each byte first. Reading beyond its end throws EndOfInput. */
import {EndOfInput} from './byte-stream.ts';

export class BitReader {
  readonly #bytes: Uint8Array;
  #next: number;
  #held = 0;
  #heldBits = 0;

  constructor(bytes: Uint8Array, skipBits: number) {
    this.#bytes = bytes;
    this.#next = 0;
    if (skipBits > 0) this.read(skipBits);
  }

  /** Bits that have been read. */
  get position(): number {
    return this.#next * 8 - this.#heldBits;
  }

  /** At most 24 at once. */
  read(bits: number): number {
    while (this.#heldBits < bits) {
      if (this.#next >= this.#bytes.length) throw new EndOfInput();
      // At most 31 bits are in use; older ones fall off the top.
      this.#held = (this.#held << 8) | this.#bytes[this.#next]!;
      this.#next += 1;
      this.#heldBits += 8;
    }
    this.#heldBits -= bits;
    return (this.#held >>> this.#heldBits) & ((1 << bits) - 1);
  }
}
