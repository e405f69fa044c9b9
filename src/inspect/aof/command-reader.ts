/**
 * The bytes of a command stream, through a window of fixed size: lines that carry a number, and strings that are passed
 * over without being held. A string of some GB costs no more than a seek.
 *
 *     *2\r\n  $6\r\n SELECT \r\n  $1\r\n 0 \r\n        a command: how many strings, then each with its length
 *     #TS:1700000000\r\n                               an annotation, between commands (7.0 and later)
 */

import type {Source} from '../dump-reader.ts';
import {grouped} from '../fault.ts';
import type {PlainCommands} from './plain-commands.ts';

const WINDOW_BYTES = 1024 * 1024;
/** AOF_ANNOTATION_LINE_MAX_LEN of aof.c: servers read lines into so many bytes. */
const MAX_LINE_BYTES = 1024;
const [CR, LF, ZERO, NINE] = [0x0d, 0x0a, 0x30, 0x39];

/** The file ends where something was expected. */
export class EndOfCommands extends Error {
  override readonly name = 'EndOfCommands';
}

/** Bytes that no server writes there. Its words never carry any of them. */
export class MalformedCommand extends Error {
  override readonly name = 'MalformedCommand';
  readonly offset: number;
  constructor(offset: number, message: string) {
    super(`${message} at byte ${grouped(offset)}`);
    this.offset = offset;
  }
}

export class CommandReader {
  readonly #source: Source;
  readonly #window = Buffer.allocUnsafe(WINDOW_BYTES);
  /** In the file: the first byte of the window. */
  #start: number;
  /** In the window. */
  #at = 0;
  #end = 0;

  constructor(source: Source, offset: number) {
    this.#source = source;
    this.#start = offset;
  }

  get offset(): number {
    return this.#start + this.#at;
  }

  get atEnd(): boolean {
    return this.offset >= this.#source.sizeBytes;
  }

  get remaining(): number {
    return this.#source.sizeBytes - this.offset;
  }

  /** The next byte, without passing it. */
  peek(): number {
    if (this.#at === this.#end) this.#hold(1);
    return this.#window[this.#at]!;
  }

  /** `*3\r\n`: a number after `prefix`; at least `least`. */
  count(prefix: '*' | '$', least: number): number {
    const from = this.offset;
    if (this.peek() !== prefix.charCodeAt(0)) {
      throw new MalformedCommand(from, `${this.#whatIsThere()} instead of '${prefix}'`);
    }
    this.#at += 1;
    let value = 0;
    let digits = 0;
    for (let byte = this.peek(); byte >= ZERO && byte <= NINE; byte = this.peek()) {
      value = value * 10 + (byte - ZERO);
      digits += 1;
      this.#at += 1;
      if (digits > 15) break;
    }
    if (digits === 0 || digits > 15 || value < least) {
      throw new MalformedCommand(from, `an impossible number after '${prefix}'`);
    }
    this.endOfLine();
    return value;
  }

  endOfLine(): void {
    const from = this.offset;
    if (this.peek() !== CR) throw new MalformedCommand(from, 'no line end');
    this.#at += 1;
    const next = this.peek();
    this.#at += 1;
    if (next === LF) return;
    const doubled = next === CR ? ' (line ends were doubled, as by a transfer in text mode)' : '';
    throw new MalformedCommand(from, `a broken line end${doubled}`);
  }

  /** Passes commands in the window by a faster way, as far as that goes; answers how many. */
  passPlain(plain: PlainCommands): number {
    const {at, commands} = plain.pass(this.#window, this.#at, this.#end);
    this.#at = at;
    return commands;
  }

  /** A line without its end. */
  line(): string {
    const from = this.offset;
    let text = '';
    for (let byte = this.peek(); byte !== CR; byte = this.peek()) {
      text += String.fromCharCode(byte);
      this.#at += 1;
      if (text.length > MAX_LINE_BYTES) throw new MalformedCommand(from, 'an annotation without an end');
    }
    this.endOfLine();
    return text;
  }

  /** A short string, one character a byte. */
  text(bytes: number): string {
    this.#hold(bytes);
    this.#at += bytes;
    return this.#window.toString('latin1', this.#at - bytes, this.#at);
  }

  skip(bytes: number): void {
    if (bytes > this.remaining) throw new EndOfCommands();
    const held = this.#end - this.#at;
    if (bytes <= held) {
      this.#at += bytes;
      return;
    }
    this.#start = this.offset + bytes;
    this.#at = 0;
    this.#end = 0;
  }

  /** Whether what looks like a whole further command stands in the next bytes: then a length before them is wrong. */
  commandsFollow(within: number): boolean {
    let carried = '';
    for (let left = Math.min(within, this.remaining); left > 0; ) {
      const part = Math.min(left, WINDOW_BYTES);
      const text = carried + this.text(part);
      if (/\r\n\*[1-9]\d{0,6}\r\n\$[1-9]\d{0,2}\r\n[A-Za-z]/.test(text)) return true;
      carried = text.slice(-32);
      left -= part;
    }
    return false;
  }

  #hold(bytes: number): void {
    if (this.#end - this.#at >= bytes) return;
    if (bytes > this.remaining) throw new EndOfCommands();
    this.#window.copyWithin(0, this.#at, this.#end);
    this.#start += this.#at;
    this.#end -= this.#at;
    this.#at = 0;
    while (this.#end < bytes) {
      const wanted = Math.min(this.#source.sizeBytes - this.#start, WINDOW_BYTES) - this.#end;
      const got = this.#source.read(
        this.#window.subarray(this.#end, this.#end + wanted),
        this.#start + this.#end,
      );
      this.#end += got;
    }
  }

  #whatIsThere(): string {
    const byte = this.peek();
    if (byte === 0) return 'a zero byte';
    if (byte === LF || byte === CR) return 'a line end';
    return 'something else';
  }
}
