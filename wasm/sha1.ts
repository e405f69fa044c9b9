/**
 * SHA-1 of four messages at a time, one in each 32-bit lane of the machine's vectors. Nothing here knows what the
 * messages are: a caller fills WORDS and STATE, calls `compress`, and reads STATE. Source: FIPS 180-4.
 */

/** Bytes of a block, and of a digest. */
export const BLOCK: usize = 64;
export const DIGEST: usize = 20;

/** 80 message words by 4 lanes; the caller fills the first 16 of the 80. */
export const WORDS: usize = memory.data(80 * 16, 16);
/** Five state words by 4 lanes. */
export const STATE: usize = memory.data(5 * 16, 16);

export function initial(word: i32): u32 {
  if (word === 0) return 0x67452301;
  if (word === 1) return 0xefcdab89;
  if (word === 2) return 0x98badcfe;
  if (word === 3) return 0x10325476;
  return 0xc3d2e1f0;
}

function rotate(x: v128, bits: i32): v128 {
  return v128.or(i32x4.shl(x, bits), i32x4.shr_u(x, 32 - bits));
}

/** w[t] = rotate1(w[t-3] ^ w[t-8] ^ w[t-14] ^ w[t-16]) */
function schedule(): void {
  for (let at: usize = WORDS + 16 * 16; at < WORDS + 80 * 16; at += 16) {
    const near = v128.xor(v128.load(at - 3 * 16), v128.load(at - 8 * 16));
    const far = v128.xor(v128.load(at - 14 * 16), v128.load(at - 16 * 16));
    v128.store(at, rotate(v128.xor(near, far), 1));
  }
}

/** What one round adds: rotate5(a) + f + constant + w. */
function addend(a: v128, f: v128, constant: v128, word: usize): v128 {
  return i32x4.add(i32x4.add(rotate(a, 5), f), i32x4.add(constant, v128.load(word)));
}

/** b ? c : d, bit by bit. */
function choose(b: v128, c: v128, d: v128): v128 {
  return v128.bitselect(c, d, b);
}

function parity(b: v128, c: v128, d: v128): v128 {
  return v128.xor(v128.xor(b, c), d);
}

/** Where b and c agree they decide, else d does. */
function majority(b: v128, c: v128, d: v128): v128 {
  return v128.bitselect(d, b, v128.xor(b, c));
}

/** Adds the block in WORDS to STATE, in all four lanes. Rounds by five: after five the letters are back in place. */
export function compress(): void {
  schedule();
  let a = v128.load(STATE);
  let b = v128.load(STATE, 16);
  let c = v128.load(STATE, 32);
  let d = v128.load(STATE, 48);
  let e = v128.load(STATE, 64);
  let at: usize = WORDS;
  for (let constant = i32x4.splat(0x5a827999); at < WORDS + 20 * 16; at += 5 * 16) {
    e = i32x4.add(e, addend(a, choose(b, c, d), constant, at));
    b = rotate(b, 30);
    d = i32x4.add(d, addend(e, choose(a, b, c), constant, at + 16));
    a = rotate(a, 30);
    c = i32x4.add(c, addend(d, choose(e, a, b), constant, at + 32));
    e = rotate(e, 30);
    b = i32x4.add(b, addend(c, choose(d, e, a), constant, at + 48));
    d = rotate(d, 30);
    a = i32x4.add(a, addend(b, choose(c, d, e), constant, at + 64));
    c = rotate(c, 30);
  }
  for (let half = 0; half < 2; half++) {
    const constant = half === 0 ? i32x4.splat(0x6ed9eba1) : i32x4.splat(0xca62c1d6);
    for (const end = at + 20 * 16; at < end; at += 5 * 16) {
      e = i32x4.add(e, addend(a, parity(b, c, d), constant, at));
      b = rotate(b, 30);
      d = i32x4.add(d, addend(e, parity(a, b, c), constant, at + 16));
      a = rotate(a, 30);
      c = i32x4.add(c, addend(d, parity(e, a, b), constant, at + 32));
      e = rotate(e, 30);
      b = i32x4.add(b, addend(c, parity(d, e, a), constant, at + 48));
      d = rotate(d, 30);
      a = i32x4.add(a, addend(b, parity(c, d, e), constant, at + 64));
      c = rotate(c, 30);
    }
    if (half === 1) break;
    for (const end = at + 20 * 16, middle = i32x4.splat(0x8f1bbcdc); at < end; at += 5 * 16) {
      e = i32x4.add(e, addend(a, majority(b, c, d), middle, at));
      b = rotate(b, 30);
      d = i32x4.add(d, addend(e, majority(a, b, c), middle, at + 16));
      a = rotate(a, 30);
      c = i32x4.add(c, addend(d, majority(e, a, b), middle, at + 32));
      e = rotate(e, 30);
      b = i32x4.add(b, addend(c, majority(d, e, a), middle, at + 48));
      d = rotate(d, 30);
      a = i32x4.add(a, addend(b, majority(c, d, e), middle, at + 64));
      c = rotate(c, 30);
    }
  }
  v128.store(STATE, i32x4.add(a, v128.load(STATE)));
  v128.store(STATE, i32x4.add(b, v128.load(STATE, 16)), 16);
  v128.store(STATE, i32x4.add(c, v128.load(STATE, 32)), 32);
  v128.store(STATE, i32x4.add(d, v128.load(STATE, 48)), 48);
  v128.store(STATE, i32x4.add(e, v128.load(STATE, 64)), 64);
}

/**
 * Four words of each lane into WORDS, from word `first` on. The rows of the lanes lie `stride` bytes apart.
 *
 *     lane 0: w0 w1 w2 w3          w0: lane 0 1 2 3
 *     lane 1: w0 w1 w2 w3   ->     w1: lane 0 1 2 3
 *     ...                          ...
 */
export function storeWords(first: usize, rows: usize, stride: usize): void {
  const row0 = v128.load(rows);
  const row1 = v128.load(rows + stride);
  const row2 = v128.load(rows + 2 * stride);
  const row3 = v128.load(rows + 3 * stride);
  const low01 = v128.shuffle<i32>(row0, row1, 0, 4, 1, 5);
  const high01 = v128.shuffle<i32>(row0, row1, 2, 6, 3, 7);
  const low23 = v128.shuffle<i32>(row2, row3, 0, 4, 1, 5);
  const high23 = v128.shuffle<i32>(row2, row3, 2, 6, 3, 7);
  const at = WORDS + (first << 4);
  v128.store(at, v128.shuffle<i64>(low01, low23, 0, 2));
  v128.store(at, v128.shuffle<i64>(low01, low23, 1, 3), 16);
  v128.store(at, v128.shuffle<i64>(high01, high23, 0, 2), 32);
  v128.store(at, v128.shuffle<i64>(high01, high23, 1, 3), 48);
}
