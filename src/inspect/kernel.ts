/**
 * The inner loops of the reader and of its digest, compiled to WebAssembly (wasm/kernel.ts), and the one memory that
 * they share with us: the window of the file lies in it, so nothing is copied to be hashed. All of its parts have a
 * fixed size; addresses are bytes in this memory.
 */
import {KERNEL_BASE64} from './kernel-bytes.ts';
import {powersOfTen} from './powers-of-ten.ts';

type Global = {value: number};

type Exports = {
  bottom: Global;
  powers: Global;
  source: Global;
  target: Global;
  crc64(start: bigint, at: number, end: number): bigint;
  inflate(
    from: number,
    fromEnd: number,
    moreInput: boolean,
    to: number,
    toEnd: number,
    moreOutput: boolean,
    floor: number,
  ): number;
  formatShortest(value: number, to: number): number;
  hashMessages(list: number, count: number): void;
  runChains(list: number, count: number): void;
  xorRanges(list: number, count: number): void;
};

/** TypeScript knows WebAssembly as part of a browser only. */
type Api = {
  Module: new (binary: Uint8Array) => object;
  Memory: new (pages: {initial: number; maximum: number}) => {buffer: ArrayBuffer};
  Instance: new (module: object, imports: object) => {exports: unknown};
};
const {Module, Memory, Instance} = (globalThis as unknown as {WebAssembly: Api}).WebAssembly;

const PAGE_BYTES = 64 * 1024;
/** The kernel reads in vectors, up to this much beyond the end of a part. */
const SLACK_BYTES = 64;

/** Bytes of the file held at a time. Measured: 64 KiB to 1 MiB make no difference; it stays within L2. */
export const WINDOW_BYTES = 256 * 1024;
/** Longest string, list or the like that is decompressed whole; what is longer is decompressed in pieces. */
export const INFLATED_BYTES = 256 * 1024;
/** Window of what is decompressed in pieces; 8 KiB of it are what LZF may refer back to. */
export const PIECES_BYTES = 64 * 1024;
/** Room for numbers written as text. */
export const DIGITS_BYTES = 32 * 1024;
/** Texts hashed before their digests are put to use. */
export const MAX_TEXTS = 4096;
/** Steps of chains: at most three a text. */
export const MAX_STEPS = 4 * MAX_TEXTS;

/** What keys and dialects are summed up in: at most five slots a key. */
export const MAX_SLOTS = 2 * MAX_TEXTS;
/** What cells of keys are summed up in, a slot for each part of a digest. */
export const MAX_CELL_SLOTS = 2048;

/** Bytes of a digest, and of what the kernel's lists hold for each entry. */
export const DIGEST_BYTES = 20;
export const MESSAGE_BYTES = 12;
export const CHAIN_BYTES = 24;
export const RANGE_BYTES = 12;
export const STEP_BYTES = 4;

let top = PAGE_BYTES;
function part(bytes: number): number {
  const at = top;
  top += Math.ceil((bytes + SLACK_BYTES) / SLACK_BYTES) * SLACK_BYTES;
  return at;
}

/** Where each part begins; the kernel's own is the first page. */
export const LAYOUT = {
  window: part(WINDOW_BYTES),
  inflated: part(INFLATED_BYTES),
  pieces: part(PIECES_BYTES),
  digits: part(DIGITS_BYTES),
  messages: part(MAX_TEXTS * MESSAGE_BYTES),
  digests: part((MAX_TEXTS + 16) * DIGEST_BYTES),
  steps: part(MAX_STEPS * STEP_BYTES),
  chains: part(2 * MAX_TEXTS * CHAIN_BYTES),
  lastChains: part(2 * MAX_TEXTS * CHAIN_BYTES),
  ranges: part(MAX_TEXTS * RANGE_BYTES),
  slots: part((MAX_SLOTS + 16) * DIGEST_BYTES),
  cells: part(MAX_CELL_SLOTS * DIGEST_BYTES),
} as const;

const PAGES = Math.ceil(top / PAGE_BYTES);

let compiled: object | undefined;

export class Kernel {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly view: DataView;
  readonly call: Exports;
  readonly #buffer: Buffer;

  constructor() {
    compiled ??= new Module(Buffer.from(KERNEL_BASE64, 'base64'));
    const memory = new Memory({initial: PAGES, maximum: PAGES});
    this.bytes = new Uint8Array(memory.buffer);
    this.words = new Int32Array(memory.buffer);
    this.#buffer = Buffer.from(memory.buffer);
    this.view = new DataView(memory.buffer);
    this.call = new Instance(compiled, {env: {memory}}).exports as Exports;
    if (this.call.bottom.value > PAGE_BYTES) throw new Error('the kernel has outgrown its page');
    for (const [i, {fraction, exponent}] of powersOfTen().entries()) {
      const at = this.call.powers.value + 16 * i;
      this.view.setBigUint64(at, fraction, true);
      this.view.setInt32(at + 8, exponent, true);
    }
  }

  /** Text of one byte a character. */
  latin1(at: number, count: number): string {
    return this.#buffer.toString('latin1', at, at + count);
  }
}

/** Kernels that nobody uses; making one takes long beside a small dump, and its memory reserves much address space. */
const idle: Kernel[] = [];

/** A kernel of one's own, as whoever had it before has left it. */
export function borrowKernel(): {kernel: Kernel} & Disposable {
  const kernel = idle.pop() ?? new Kernel();
  return {
    kernel,
    [Symbol.dispose]() {
      idle.push(kernel);
    },
  };
}
