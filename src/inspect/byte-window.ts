/**
 * Bytes that are passed forward once, through a window of fixed size in the kernel's memory: numbers, and the address
 * of whatever comes next. What is in the window moves when more is read; `settle` is called before, so that whoever
 * holds an address can be done with it.
 */
import {Fault, grouped, plural} from './fault.ts';
import type {Kernel} from './kernel.ts';

export abstract class ByteWindow {
  readonly kernel: Kernel;
  /** Called before bytes in the window move or are overwritten. */
  settle: () => void = () => {};
  protected readonly memory: Uint8Array;
  protected readonly view: DataView;
  /** Address of the next byte, and of the byte after the last that is held. */
  protected position: number;
  protected end: number;

  constructor(kernel: Kernel, start: number) {
    this.kernel = kernel;
    this.memory = kernel.bytes;
    this.view = kernel.view;
    this.position = start;
    this.end = start;
  }

  /** Bytes passed so far. */
  abstract get offset(): number;
  abstract get remaining(): number;
  /** Byte of the file that a fault noticed here is reported at. */
  abstract get fileOffset(): number;
  /** Most bytes that can lie together. */
  abstract get capacity(): number;
  /** Makes at least `count` bytes lie together, or throws a Fault. */
  protected abstract refill(count: number): void;

  /** Makes `count` bytes lie together, to be passed later. */
  hold(count: number): void {
    if (this.end - this.position < count) this.refill(count);
  }

  /** The address of the next `count` bytes, which may not be more than `capacity`; they are passed. */
  locate(count: number): number {
    if (this.end - this.position < count) this.refill(count);
    const at = this.position;
    this.position += count;
    return at;
  }

  /** At least one and at most `max` of the next bytes, where they lie; they are passed. */
  chunk(max: number): Uint8Array {
    this.hold(1);
    const count = Math.min(max, this.end - this.position);
    this.position += count;
    return this.memory.subarray(this.position - count, this.position);
  }

  u8(): number {
    if (this.position === this.end) this.refill(1);
    return this.memory[this.position++]!;
  }

  u16le(): number {
    return this.view.getUint16(this.locate(2), true);
  }

  u32le(): number {
    return this.view.getUint32(this.locate(4), true);
  }

  u32be(): number {
    return this.view.getUint32(this.locate(4));
  }

  i8(): number {
    return this.view.getInt8(this.locate(1));
  }

  i16le(): number {
    return this.view.getInt16(this.locate(2), true);
  }

  i24le(): number {
    const at = this.locate(3);
    return this.view.getUint16(at, true) | (this.view.getInt8(at + 2) << 16);
  }

  i32le(): number {
    return this.view.getInt32(this.locate(4), true);
  }

  i64le(): bigint {
    return this.view.getBigInt64(this.locate(8), true);
  }

  f64le(): number {
    return this.view.getFloat64(this.locate(8), true);
  }

  /** Text of one byte a character. */
  latin1(count: number): string {
    const at = this.locate(count);
    return this.kernel.latin1(at, count);
  }

  /** The next `count` bytes (at most 64), copied. */
  bytes(count: number): Uint8Array {
    const at = this.locate(count);
    return this.memory.slice(at, at + count);
  }

  skip(count: number): void {
    const held = this.end - this.position;
    if (count <= held) {
      this.position += count;
      return;
    }
    this.expect(count);
    this.position = this.end;
    for (let left = count - held; left > 0; ) left -= this.chunk(left).length;
  }

  /** Throws where fewer than `count` bytes remain. */
  expect(count: number): void {
    if (count > this.remaining) throw this.short(count);
  }

  protected abstract short(count: number): Fault;

  malformed(what: string, at: number = this.fileOffset): Fault {
    return new Fault('malformed', at, `${what} at byte ${grouped(at)}`);
  }

  protected missing(count: number): string {
    return `${plural(count, 'byte')} ${count === 1 ? 'was' : 'were'} expected`;
  }
}
