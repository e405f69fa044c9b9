/**
 * Redis' `mixDigest`, over and over: state = SHA1(state XOR digest), for many independent states at a time. A chain
 * starts from three slots XORed, takes a list of digests, and is XORed into a slot; a lane takes the next chain when its
 * own is at its end. A slot or digest is five u32, 20 bytes without padding.
 */
import {compress, DIGEST, initial, STATE, storeWords, WORDS} from './sha1';

/** Where each lane stands: `step:u32 end:u32 target:u32 active:u32`; steps are u32 each. */
const LANES: usize = memory.data(4 * 16, 16);
/** The 20 bytes that each lane hashes next, and room for a vector more. */
const INPUTS: usize = memory.data(4 * 32, 16);

let next: usize = 0;
let listEnd: usize = 0;
let active: i32 = 0;

/**
 * The list: `count` times `steps:u32 count:u32 slots:3 x u32 target:u32`, all but the counts being bytes of memory.
 * A step is the byte of memory where a digest lies. A chain has at least one step.
 */
export function runChains(list: usize, count: i32): void {
  next = list;
  listEnd = list + <usize>count * 24;
  active = 0;
  for (let lane: usize = 0; lane < 4; lane++) take(lane);
  while (active > 0) {
    for (let lane: usize = 0; lane < 4; lane++) mixIn(lane);
    hashInputs();
    for (let lane: usize = 0; lane < 4; lane++) {
      const at = LANES + (lane << 4);
      if (load<u32>(at, 12) === 0) continue;
      takeState(lane);
      if (load<u32>(at) === load<u32>(at, 4)) finish(lane);
    }
  }
}

function take(lane: usize): void {
  const at = LANES + (lane << 4);
  if (next === listEnd) {
    store<u32>(at, 0, 12);
    return;
  }
  const steps = load<u32>(next);
  store<u32>(at, steps);
  store<u32>(at, steps + (load<u32>(next, 4) << 2), 4);
  store<u32>(at, load<u32>(next, 20), 8);
  store<u32>(at, 1, 12);
  const input = INPUTS + (lane << 5);
  copy(load<u32>(next, 8), input);
  xorInto(load<u32>(next, 12), input);
  xorInto(load<u32>(next, 16), input);
  next += 24;
  active++;
}

function finish(lane: usize): void {
  xorInto(INPUTS + (lane << 5), load<u32>(LANES + (lane << 4), 8));
  active--;
  take(lane);
}

function mixIn(lane: usize): void {
  const at = LANES + (lane << 4);
  if (load<u32>(at, 12) === 0) return;
  const step = load<u32>(at);
  xorInto(load<u32>(step), INPUTS + (lane << 5));
  store<u32>(at, step + 4);
}

function copy(from: usize, to: usize): void {
  v128.store(to, v128.load(from));
  store<u32>(to, load<u32>(from, 16), 16);
}

export function xorInto(from: usize, to: usize): void {
  v128.store(to, v128.xor(v128.load(to), v128.load(from)));
  store<u32>(to, load<u32>(to, 16) ^ load<u32>(from, 16), 16);
}

/** SHA-1 of 20 bytes in each lane: five words, 0x80, zeros, 160 bits. */
function hashInputs(): void {
  for (let word = 0; word < 5; word++) v128.store(STATE + ((<usize>word) << 4), i32x4.splat(initial(word)));
  storeWords(0, INPUTS, 32);
  for (let lane: usize = 0; lane < 4; lane++) {
    store<u32>(WORDS + (4 << 4) + (lane << 2), load<u32>(INPUTS + (lane << 5), 16));
  }
  v128.store(WORDS, i32x4.splat(<i32>0x80000000), 5 * 16);
  for (let at: usize = WORDS + 6 * 16; at < WORDS + 15 * 16; at += 16) v128.store(at, i64x2.splat(0));
  v128.store(WORDS, i32x4.splat(160), 15 * 16);
  compress();
}

function takeState(lane: usize): void {
  const input = INPUTS + (lane << 5);
  for (let word: usize = 0; word < 5; word++) {
    store<u32>(input + (word << 2), load<u32>(STATE + (word << 4) + (lane << 2)));
  }
}

/** The list: `count` times `first:u32 end:u32 target:u32`: all digests from `first` up to `end`, XORed into a slot. */
export function xorRanges(list: usize, count: i32): void {
  const end = list + <usize>count * 12;
  for (let at = list; at < end; at += 12) {
    const target: usize = load<u32>(at, 8);
    for (let from: usize = load<u32>(at); from < load<u32>(at, 4); from += DIGEST) xorInto(from, target);
  }
}
