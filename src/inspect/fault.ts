/**
 * A fault is what stops the reader: thrown where it is noticed, caught once, turned into the `error` of an Inspection.
 * It never leaves this stage. Its words are about the format; they never carry bytes of the file.
 */

export type FaultKind =
  /** More bytes were announced than the file has. */
  | 'short'
  /** Bytes that no writer produces at this place. */
  | 'malformed'
  /** A type or opcode that has no meaning in this RDB version, as far as we know. */
  | 'unknown'
  /** A type or opcode that exists, and that this reader cannot read. */
  | 'unreadable';

export class Fault extends Error {
  override readonly name = 'Fault';
  readonly kind: FaultKind;
  /** Byte in the file at which it was noticed. */
  readonly offset: number;
  /** The type or opcode byte of an `unknown`. */
  readonly code: number | undefined;

  constructor(kind: FaultKind, offset: number, message: string, code?: number) {
    super(message);
    this.kind = kind;
    this.offset = offset;
    this.code = code;
  }
}

const FORMAT = new Intl.NumberFormat('en-US', {maximumFractionDigits: 0});

/** 1204331 -> "1,204,331". Exact up to 2^53; lengths above that are given rounded. */
export function grouped(count: number): string {
  return FORMAT.format(count);
}

export function plural(count: number, noun: string): string {
  return `${grouped(count)} ${noun}${count === 1 ? '' : 's'}`;
}
