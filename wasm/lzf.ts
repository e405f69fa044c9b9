/**
 * LZF, the compression inside RDB strings (lzf_d.c), in as many calls as the caller likes: each goes on while there is
 * a whole instruction to read and room for all that one can write. A damaged input ends it; it never writes beyond
 * its limit, nor reads before `floor`.
 */

/** Bytes of the longest instruction: 32 literals and their control byte. */
const LONGEST_INPUT: usize = 33;
/** Bytes that one instruction writes at most: 7 + 255 + 2. */
const LONGEST_OUTPUT: usize = 264;

/** Where the last call stopped reading and writing. */
export let source: usize = 0;
export let target: usize = 0;

/**
 *     000lllll                     l + 1 literal bytes follow
 *     lllooooo oooooooo            copy l + 2 bytes from o + 1 bytes back (l < 7)
 *     111ooooo llllllll oooooooo   copy l + 9 bytes
 *
 * Where input or output is only a part, it stops early rather than within an instruction. False where it is damaged.
 */
export function inflate(
  from: usize,
  fromEnd: usize,
  moreInput: bool,
  to: usize,
  toEnd: usize,
  moreOutput: bool,
  floor: usize,
): bool {
  source = from;
  target = to;
  while (source < fromEnd) {
    if (moreInput && fromEnd - source < LONGEST_INPUT) return true;
    if (moreOutput && toEnd - target < LONGEST_OUTPUT) return true;
    const control: usize = load<u8>(source++);
    if (control < 32) {
      const count = control + 1;
      if (count > fromEnd - source || count > toEnd - target) return false;
      for (const end = target + count; target < end; ) store<u8>(target++, load<u8>(source++));
      continue;
    }
    let count = (control >> 5) + 2;
    if (count === 9 && source < fromEnd) count += load<u8>(source++);
    if (source >= fromEnd) return false;
    const distance = (((control & 0x1f) << 8) | load<u8>(source++)) + 1;
    if (distance > target - floor || count > toEnd - target) return false;
    copyBack(distance, count);
  }
  return true;
}

/** Byte by byte where it reads what it writes; a run of one byte is the usual such case. */
function copyBack(distance: usize, count: usize): void {
  if (distance === 1) memory.fill(target, load<u8>(target - 1), count);
  else if (distance >= count) memory.copy(target, target - distance, count);
  else for (let at: usize = 0; at < count; at++) store<u8>(target + at, load<u8>(target + at - distance));
  target += count;
}
