/**
 * Bytes that come once and in order, with a look ahead: what every decoder reads from. Pulled, never pushed, so that
 * memory is bounded by the largest look ahead and nothing is read that nobody asked for.
 */

/** What stops a decoder whose input ends too early; it knows what was being read, and turns this into its own words. */
export class EndOfInput extends Error {
  override readonly name = 'EndOfInput';
}

export class ByteStream {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Buffer[] = [];
  #heldBytes = 0;
  #ended = false;
  #taken = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Bytes that have been taken: where the next one lies. */
  get offset(): number {
    return this.#taken;
  }

  /** The next `bytes` bytes without taking them; fewer where the stream ends before. */
  async peek(bytes: number): Promise<Buffer> {
    while (this.#heldBytes < bytes && (await this.#pull()));
    if (this.#held.length > 1) this.#held = [Buffer.concat(this.#held)];
    return (this.#held[0] ?? Buffer.alloc(0)).subarray(0, bytes);
  }

  /** Whatever comes next, at most `most` bytes; `null` at the end. */
  async next(most = Number.POSITIVE_INFINITY): Promise<Buffer | null> {
    while (this.#heldBytes === 0) if (!(await this.#pull())) return null;
    const first = this.#held[0]!;
    const part = first.length > most ? first.subarray(0, most) : first;
    if (part.length < first.length) this.#held[0] = first.subarray(part.length);
    else this.#held.shift();
    this.#heldBytes -= part.length;
    this.#taken += part.length;
    return part;
  }

  /** Throws EndOfInput where there are fewer. */
  async take(bytes: number): Promise<Buffer> {
    const taken = await this.peek(bytes);
    if (taken.length < bytes) throw new EndOfInput();
    this.skipHeld(bytes);
    return taken;
  }

  /** Of bytes that were looked at. */
  skipHeld(bytes: number): void {
    let left = bytes;
    while (left > 0) {
      const first = this.#held[0]!;
      const part = Math.min(left, first.length);
      if (part < first.length) this.#held[0] = first.subarray(part);
      else this.#held.shift();
      left -= part;
    }
    this.#heldBytes -= bytes;
    this.#taken += bytes;
  }

  /** Gives back the last bytes that were taken. */
  unread(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#held.unshift(bytes);
    this.#heldBytes += bytes.length;
    this.#taken -= bytes.length;
  }

  /** Exactly so many bytes, in pieces. Throws EndOfInput where there are fewer. */
  async *part(bytes: number): AsyncGenerator<Buffer> {
    for (let left = bytes; left > 0; ) {
      const chunk = await this.next(left);
      if (chunk === null) throw new EndOfInput();
      left -= chunk.length;
      yield chunk;
    }
  }

  async *rest(): AsyncGenerator<Buffer> {
    for (let chunk = await this.next(); chunk !== null; chunk = await this.next()) yield chunk;
  }

  async drain(): Promise<void> {
    while ((await this.next()) !== null);
  }

  /** Nobody will read on: lets go of what the source holds. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#source.return?.();
  }

  async #pull(): Promise<boolean> {
    if (this.#ended) return false;
    const {done, value} = await this.#source.next();
    if (done) {
      this.#ended = true;
      return false;
    }
    if (value.length > 0) {
      this.#held.push(Buffer.from(value.buffer, value.byteOffset, value.byteLength));
      this.#heldBytes += value.length;
    }
    return true;
  }
}
