/**
 * A score as servers before 7.2 digest it: C's `%.17g`, that is 17 significant digits without zeros at the end. Later
 * ones print few digits, which the kernel does (wasm/shortest.ts).
 */

const DIGITS = 17;

/** Below this, whole numbers read the same in every dialect: neither takes an exponent. */
const PLAIN_LIMIT = 1e8;

export function readsAlike(score: number): boolean {
  return Number.isInteger(score) && Math.abs(score) < PLAIN_LIMIT && !Object.is(score, -0);
}

export function percent17g(score: number): string {
  return percent17gOfMost(score) ?? percent17gOfAny(score);
}

const ZERO = 0x30;

/** Numbers of a usual size that are not half way between two texts: nearly all there are. */
function percent17gOfMost(score: number): string | null {
  const size = Math.abs(score);
  if (!(size >= 1e-4 && size < 1e16)) return null;
  const text = score.toPrecision(DIGITS);
  // The point is there: 17 digits are one more than such a number has before it.
  const isOdd = (text.charCodeAt(text.length - 1) & 1) === 1;
  if (isOdd && Number.isInteger(score * 2 ** decimals(text, size))) return null;
  let end = text.length;
  while (text.charCodeAt(end - 1) === ZERO) end--;
  return text.slice(0, text.charCodeAt(end - 1) === POINT ? end - 1 : end);
}

const POINT = 0x2e;

/** At least as many as are behind the point, plus one: half way lies there, and 5 / 10^n is a multiple of 1 / 2^n. */
const decimals = (text: string, size: number): number => (size < 1 ? 22 : text.length - text.indexOf('.'));

function percent17gOfAny(score: number): string {
  if (Number.isNaN(score)) return 'nan';
  if (!Number.isFinite(score)) return score > 0 ? 'inf' : '-inf';
  if (score === 0) return Object.is(score, -0) ? '-0' : '0';
  const [mantissa, power] = rounded(score);
  const exponent = Number(power);
  if (exponent < -4 || exponent >= DIGITS) {
    const sign = exponent < 0 ? '-' : '+';
    return `${trimmed(mantissa)}e${sign}${String(Math.abs(exponent)).padStart(2, '0')}`;
  }
  return trimmed(laidOut(mantissa, exponent));
}

/** `1.2345678901234567` and its power of ten. */
function rounded(score: number): [mantissa: string, power: string] {
  const [mantissa, power] = score.toExponential(DIGITS - 1).split('e') as [string, string];
  // Of two that are as near, JavaScript takes the larger one, C the even one. As near means that the digits end with
  // a 5 in the next place; a double with that, then 80 zeros, and then more, does not exist.
  if (!isOdd(mantissa)) return [mantissa, power];
  const exact = score.toExponential(100).split('e')[0]!;
  const sign = score < 0 ? 1 : 0;
  if (!/^50*$/.test(exact.slice(sign + DIGITS + 1))) return [mantissa, power];
  return [exact.slice(0, sign + DIGITS + 1), power];
}

const isOdd = (mantissa: string): boolean => (mantissa.charCodeAt(mantissa.length - 1) & 1) === 1;

/** `-1.2345` times 10^2 is `-123.45`. */
function laidOut(mantissa: string, exponent: number): string {
  const sign = mantissa.startsWith('-') ? '-' : '';
  const digits = mantissa.replace(/[-.]/g, '');
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

const trimmed = (decimal: string): string =>
  decimal.includes('.') ? decimal.replace(/\.?0*$/, '') : decimal;
