/**
 * One connection of the bulk client: what comes over it is read in pieces of up to a megabyte into a few blocks that are
 * used again and again, and handed over where it lies. It knows nothing of HTTP. Who reads slowly slows the sender down.
 *
 *     block   |####lent####|####waiting####|....next read....|
 */
import {connect as connectPlain, isIP, type Socket} from 'node:net';
import {connect as connectTls, type ConnectionOptions as TlsOptions} from 'node:tls';
import {StoreFault} from './store.ts';

/** Read at once: half the calls of 512 KiB, and no faster above. */
const BLOCK_BYTES = 1024 ** 2;
/** With less room than this another block is begun: reads of a few bytes cost as much as large ones. */
const MIN_ROOM_BYTES = 64 * 1024;
/** Received, and not taken yet. */
const MAX_WAITING_BYTES = BLOCK_BYTES;

/** `uses`: pieces of it that wait or are lent; and one more while it is read into. */
type Block = {bytes: Buffer; uses: number};
/** Of a block, `from` up to `to`. */
type Piece = {block: Block; from: number; to: number};

export type Origin = {secure: boolean /** Without brackets. */; host: string; port: number};

export class BulkConnection {
  readonly #socket: Socket;
  readonly #free: Block[] = [];
  #block: Block = {bytes: Buffer.allocUnsafeSlow(BLOCK_BYTES), uses: 1};
  #filled = 0;
  #waiting: Piece[] = [];
  #lent: Piece | null = null;
  #waitingBytes = 0;
  #fault: unknown = null;
  #wake = () => {};
  /** Nothing of any answer has come yet. */
  untouched = true;

  constructor({secure, host, port}: Origin) {
    const options = {
      host,
      port,
      onread: {
        buffer: () => this.#block.bytes.subarray(this.#filled),
        callback: (length: number) => this.#received(length),
      },
    };
    // An address has no name that a certificate could be asked for.
    const servername = isIP(host) === 0 ? host : '';
    this.#socket = secure ? connectTls({...options, servername} as TlsOptions) : connectPlain(options);
    this.#socket.setNoDelay();
    this.#socket.on('error', error => this.#break(error));
    this.#socket.on('end', () => this.#break(new StoreFault('broken', 'the connection broke off')));
    this.#socket.on('close', () => this.#break(new StoreFault('broken', 'the connection broke off')));
  }

  get broken(): boolean {
    return this.#fault !== null;
  }

  /** More has come than was taken: nobody knows what it belongs to. */
  get cluttered(): boolean {
    return this.#waitingBytes > 0;
  }

  send(text: string): void {
    this.#socket.write(text, 'latin1');
  }

  /** What has come next, until the next is asked for. Throws once all that came before the connection broke was taken. */
  async next(): Promise<Buffer> {
    if (this.#lent) this.#release(this.#lent.block);
    this.#lent = null;
    for (;;) {
      const piece = this.#waiting.shift();
      if (piece) {
        const {block, from, to} = piece;
        this.#lent = piece;
        this.#waitingBytes -= to - from;
        this.#socket.resume();
        return block.bytes.subarray(from, to);
      }
      if (this.#fault !== null) throw this.#fault;
      const {promise, resolve} = Promise.withResolvers<void>();
      this.#wake = resolve;
      await promise;
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** An idle one keeps no program alive. */
  idle(is: boolean): void {
    if (is) this.#socket.unref();
    else this.#socket.ref();
  }

  #received(length: number): boolean {
    this.untouched = false;
    const [block, from] = [this.#block, this.#filled];
    const last = this.#waiting.at(-1);
    if (last?.block === block) last.to += length;
    else {
      this.#waiting.push({block, from, to: from + length});
      block.uses += 1;
    }
    this.#waitingBytes += length;
    this.#filled += length;
    if (BLOCK_BYTES - this.#filled < MIN_ROOM_BYTES) {
      this.#block = this.#free.pop() ?? {bytes: Buffer.allocUnsafeSlow(BLOCK_BYTES), uses: 0};
      this.#block.uses += 1;
      this.#filled = 0;
      this.#release(block);
    }
    this.#wake();
    return this.#waitingBytes < MAX_WAITING_BYTES;
  }

  #release(block: Block): void {
    block.uses -= 1;
    if (block.uses === 0) this.#free.push(block);
  }

  #break(fault: unknown): void {
    this.#fault ??= fault;
    this.#wake();
  }
}
