/**
 * Which slots of a key make up its share of which part of a cell (digester.ts draws the slots): the first one always,
 * and two more, of which some are zeros.
 */
import {DIGEST_BYTES} from '../kernel.ts';
import {CELL_BYTES, PARTS, type Part} from './cell-sums.ts';

export type Share = {part: Part; second: number; third: number};

const share = (part: Part, second: number, third: number): Share => ({part, second, third});

/** Keys that all dialects digest alike. */
export const ALIKE: readonly Share[] = [share('common', 1, 2)];
const SCORES = [share('short-scores', 1, 3), share('old-scores', 2, 3)];
const MINUS_ZERO = [
  share('short-scores', 1, 3),
  share('old-scores-zero', 2, 3),
  share('old-scores-minus-zero', 2, 4),
];
const FIELDS = [share('plain-fields', 1, 3), share('expiring-fields', 2, 3)];

type Key = {type: string; differs: boolean; hasMinusZero: boolean};

export function sharesOf({type, differs, hasMinusZero}: Key): readonly Share[] {
  if (hasMinusZero) return MINUS_ZERO;
  if (!differs) return ALIKE;
  return type === 'zset' ? SCORES : FIELDS;
}

/** The parts of a cell, of one key and a mark, XORed as they lie in memory. */
export function sumsOf(key: {
  words: Int32Array;
  shares: readonly Share[];
  slots: readonly number[];
  mark: number;
}): Int32Array {
  const {words, shares, slots, mark} = key;
  const sums = new Int32Array(CELL_BYTES >> 2);
  for (const {part, second, third} of shares) {
    const first = (PARTS.indexOf(part) * DIGEST_BYTES) >> 2;
    for (const from of [slots[0]!, slots[second]!, slots[third]!, mark])
      for (let word = 0; word < DIGEST_BYTES >> 2; word++) sums[first + word]! ^= words[(from >> 2) + word]!;
  }
  return sums;
}
