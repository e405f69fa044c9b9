/**
 * What an entry says before the type of its key: when the key expires, and where the entry began. Loaders accept these
 * opcodes in any order, so nothing is checked.
 */
import type {DumpReader} from './dump-reader.ts';

export class Announced {
  expires = false;
  /** Milliseconds since 1970, in halves: as one number JavaScript does not hold them exactly. */
  low = 0;
  high = 0;
  /** Offset in the file; -1 where nothing has been announced. */
  #startedAt = -1;

  /** To be called when the opcode, or the type, has been read. */
  begin(dump: DumpReader): void {
    if (this.#startedAt < 0) this.#startedAt = dump.offset - 1;
  }

  /** `ms:i64le` */
  milliseconds(dump: DumpReader): void {
    this.low = dump.i32le();
    this.high = dump.i32le();
    // -1 stands for "none" in loaders (rdbLoadRioWithLoadingCtx).
    this.expires = this.low !== -1 || this.high !== -1;
  }

  /** `seconds:i32le` */
  seconds(dump: DumpReader): void {
    const ms = dump.i32le() * 1000;
    this.low = ms | 0;
    this.high = Math.floor(ms / 2 ** 32);
    this.expires = true;
  }

  get expiresAtMs(): number {
    return this.high * 2 ** 32 + (this.low >>> 0);
  }

  /** The key has been read; answers the bytes of its entry. */
  end(dump: DumpReader): number {
    const bytes = dump.offset - this.#startedAt;
    this.#startedAt = -1;
    this.expires = false;
    return bytes;
  }
}
