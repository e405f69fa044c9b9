/**
 * Hashes a list of messages that lie anywhere in memory, four at a time: each lane takes the next message when it is
 * done with its own, so that long and short ones mix well. It may read, but not use, up to 63 bytes beyond a message.
 */
import {BLOCK, compress, initial, STATE, storeWords} from './sha1';

/** Where each lane stands: `at:u32 left:i32 bytes:u32 target:u32`. */
const LANES: usize = memory.data(4 * 16, 16);
/** The padded block of each lane, as 16 words. */
const BLOCKS: usize = memory.data(4 * 64, 16);

/** `left` counts the bytes that are still to be hashed, or says: */
const LENGTH_DUE: i32 = -1;
const DONE: i32 = -2;
const IDLE: i32 = -3;

let next: usize = 0;
let listEnd: usize = 0;
let active: i32 = 0;

/** The list: `count` times `at:u32 bytes:u32 target:u32`; a digest goes to byte `target` of memory, as five u32. */
export function hashMessages(list: usize, count: i32): void {
  next = list;
  listEnd = list + <usize>count * 12;
  active = 0;
  for (let lane: usize = 0; lane < 4; lane++) take(lane);
  while (active > 0) {
    for (let lane: usize = 0; lane < 4; lane++) fill(LANES + (lane << 4), BLOCKS + lane * BLOCK);
    for (let chunk: usize = 0; chunk < 4; chunk++) storeWords(chunk << 2, BLOCKS + (chunk << 4), BLOCK);
    compress();
    for (let lane: usize = 0; lane < 4; lane++) {
      if (load<i32>(LANES + (lane << 4), 4) === DONE) finish(lane);
    }
  }
}

function take(lane: usize): void {
  const at = LANES + (lane << 4);
  if (next === listEnd) {
    store<i32>(at, IDLE, 4);
    return;
  }
  const bytes = load<u32>(next, 4);
  store<u32>(at, load<u32>(next));
  store<u32>(at, bytes, 4);
  store<u32>(at, bytes, 8);
  store<u32>(at, load<u32>(next, 8), 12);
  next += 12;
  active++;
  for (let word = 0; word < 5; word++) store<u32>(STATE + ((<usize>word) << 4) + (lane << 2), initial(word));
}

function finish(lane: usize): void {
  const target: usize = load<u32>(LANES + (lane << 4), 12);
  for (let word: usize = 0; word < 5; word++) {
    store<u32>(target + (word << 2), load<u32>(STATE + (word << 4) + (lane << 2)));
  }
  active--;
  take(lane);
}

/** Puts the next 64 bytes of the lane's message into `block`: message, then 0x80, zeros, length in bits. */
function fill(lane: usize, block: usize): void {
  const left = load<i32>(lane, 4);
  if (left >= 64) {
    const from: usize = load<u32>(lane);
    for (let at: usize = 0; at < 64; at += 16) v128.store(block + at, bigEndian(v128.load(from + at)));
    store<u32>(lane, from + 64);
    store<i32>(lane, left - 64, 4);
    return;
  }
  if (left === IDLE) return;
  if (left === LENGTH_DUE) {
    for (let at: usize = 0; at < 64; at += 16) v128.store(block + at, i64x2.splat(0));
  } else {
    lastBytes(load<u32>(lane), left, block);
  }
  if (left > 55) {
    store<i32>(lane, LENGTH_DUE, 4);
    return;
  }
  const bytes = load<u32>(lane, 8);
  store<u32>(block, bytes >> 29, 56);
  store<u32>(block, bytes << 3, 60);
  store<i32>(lane, DONE, 4);
}

/** Fewer than 64 bytes, 0x80, zeros; without branches: loads too much and masks it. */
function lastBytes(from: usize, left: i32, block: usize): void {
  const positions = i8x16(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  for (let at: usize = 0; at < 64; at += 16) {
    const rest = i8x16.splat(<i8>(left - <i32>at));
    const bytes = v128.and(v128.load(from + at), i8x16.lt_s(positions, rest));
    const mark = v128.and(i8x16.eq(positions, rest), i8x16.splat(-128));
    v128.store(block + at, bigEndian(v128.or(bytes, mark)));
  }
}

/** Words of SHA-1 begin with their high byte, words of memory with their low one. */
function bigEndian(bytes: v128): v128 {
  return i8x16.swizzle(bytes, i8x16(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12));
}
