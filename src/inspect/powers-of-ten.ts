/**
 * The powers of ten by which Grisu2 scales (wasm/shortest.ts): 10^-348 to 10^340 in steps of 8, each as a fraction of
 * 64 bits, the highest set, rounded to nearest, times a power of two. Computed, not copied: 0.2 ms.
 */

const FIRST = -348;
const STEP = 8;
const COUNT = 87;
const FRACTION_BITS = 64;

export type Power = {fraction: bigint; exponent: number};

export function powersOfTen(): Power[] {
  return Array.from({length: COUNT}, (_, i) => powerOfTen(FIRST + i * STEP));
}

function powerOfTen(power: number): Power {
  const ten = 10n ** BigInt(Math.abs(power));
  const bits = ten.toString(2).length;
  // Above the point 10^n has `bits` bits; below it, 1 / 10^n begins `bits` behind the point.
  const exponent = power >= 0 ? bits - FRACTION_BITS : 1 - bits - FRACTION_BITS;
  if (power >= 0)
    return {fraction: divideRounded(ten << bigBits(-exponent), 1n << bigBits(exponent)), exponent};
  return {fraction: divideRounded(1n << BigInt(-exponent), ten), exponent};
}

const bigBits = (bits: number): bigint => BigInt(Math.max(0, bits));

function divideRounded(numerator: bigint, denominator: bigint): bigint {
  return (2n * numerator + denominator) / (2n * denominator);
}
