/**
 * A pattern of Redis (KEYS, SCAN MATCH) taken apart into steps over bytes, exactly as stringmatchlen_impl in util.c
 * reads it, oddities included. In: a pattern. Out: steps, each of which takes one byte, or any number of them.
 *
 *     *       any bytes, or none         [a-c]  one of a range, in either order
 *     ?       any one byte               [^ab]  one that is none of these; a class that is not closed ends with the pattern
 *     \x      the byte x itself          [\]]   in a class `\` takes the next byte as it is, and begins no range
 */

/** Which bytes one step takes, by their number; `null` for any number of any bytes. */
export type GlobStep = Uint8Array | null;

const STAR = 0x2a;
const ANY = 0x3f;
const OPEN = 0x5b;
const ESCAPE = 0x5c;
const CLOSE = 0x5d;
const NOT = 0x5e;
const RANGE = 0x2d;

export function parseGlob(text: string): GlobStep[] {
  const pattern = Buffer.from(text);
  const steps: GlobStep[] = [];
  for (let at = 0; at < pattern.length; ) {
    const byte = pattern[at]!;
    if (byte === OPEN) {
      const {taken, end} = parseClass(pattern, at + 1);
      steps.push(taken);
      at = end;
      continue;
    }
    if (byte === STAR) {
      // Several in a row are one.
      if (steps.at(-1) !== null || steps.length === 0) steps.push(null);
    } else if (byte === ANY) steps.push(new Uint8Array(256).fill(1));
    else {
      // At the very end a `\` stands for itself.
      if (byte === ESCAPE && at + 1 < pattern.length) at++;
      steps.push(only(pattern[at]!));
    }
    at++;
  }
  return steps;
}

function only(byte: number): Uint8Array {
  const taken = new Uint8Array(256);
  taken[byte] = 1;
  return taken;
}

/** From behind the `[`; `end` is behind the `]`. */
function parseClass(pattern: Uint8Array, start: number): {taken: Uint8Array; end: number} {
  const taken = new Uint8Array(256);
  const not = pattern[start] === NOT;
  let at = not ? start + 1 : start;
  for (; at < pattern.length && pattern[at] !== CLOSE; at++) {
    const left = pattern.length - at;
    if (pattern[at] === ESCAPE && left >= 2) taken[pattern[++at]!] = 1;
    else if (pattern[at + 1] === RANGE && left >= 3) {
      takeRange(taken, pattern[at]!, pattern[at + 2]!);
      at += 2;
    } else taken[pattern[at]!] = 1;
  }
  const end = Math.min(at + 1, pattern.length);
  return {taken: not ? taken.map(yes => 1 - yes) : taken, end};
}

/** Servers compare C chars, which have a sign on most machines: bytes from 128 on lie below all others. */
function takeRange(taken: Uint8Array, from: number, to: number): void {
  const [low, high] = [signed(from), signed(to)].sort((a, b) => a - b) as [number, number];
  for (let byte = low; byte <= high; byte++) taken[byte & 0xff] = 1;
}

const signed = (byte: number): number => (byte << 24) >> 24;
