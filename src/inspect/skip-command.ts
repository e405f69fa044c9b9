/**
 * Passes over a RESP command inside a dump: what Valkey 9.2 writes for a key that changed during a forkless save.
 * Written after rdb.h of Valkey's unstable branch, never tried on a file of a real server.
 */
import type {DumpReader} from './dump-reader.ts';
import {Fault, grouped} from './fault.ts';

/** Digits of 2^53; more cannot be meant. */
const MAX_DIGITS = 16;

/** `*argc\r\n`, argc x (`$length\r\n` bytes `\r\n`) */
export function skipCommand(dump: DumpReader): void {
  for (let left = readNumber(dump, '*'); left > 0; left--) {
    dump.skip(readNumber(dump, '$') + 2);
  }
}

function readNumber(dump: DumpReader, prefix: string): number {
  const at = dump.offset;
  const malformed = () => new Fault('malformed', at, `an update at byte ${grouped(at)} is not a command`);
  if (dump.u8() !== prefix.charCodeAt(0)) throw malformed();
  let digits = '';
  for (let byte = dump.u8(); byte !== 0x0d; byte = dump.u8()) {
    digits += String.fromCharCode(byte);
    if (digits.length > MAX_DIGITS) throw malformed();
  }
  if (!/^\d+$/.test(digits) || dump.u8() !== 0x0a) throw malformed();
  return Number(digits);
}
