/**
 * A double in few digits, exactly as servers print scores from 7.2 on: Grisu2 (Florian Loitsch, "Printing
 * Floating-Point Numbers Quickly and Accurately with Integers", 2010) with the table and the roundings of fpconv, which
 * is not always shortest. Digests depend on every digit, so the roundings are not ours to improve.
 */

/** Cached powers of ten, 10^-348 to 10^340 by eights: `fraction:u64 exponent:i32 0:i32`, which the caller fills in. */
export const POWERS: usize = memory.data(87 * 16, 16);
const FIRST_POWER: i32 = -348;
const POWER_STEP: i32 = 8;

const HIDDEN_BIT: u64 = 1 << 52;
/** Exponent of a double whose fraction is taken for an integer. */
const BIAS: i32 = 1023 + 52;
/** After scaling, exponents lie in this range: the integer part fits 32 bits. */
const LOWEST: i32 = -60;
const HIGHEST: i32 = -32;

/** Digits before they are laid out; at most 18. */
const DIGITS: usize = memory.data(32, 16);
let digits: i32 = 0;
/** The digits stand for an integer times 10^power. */
let power: i32 = 0;

/** Writes text of at most 24 bytes at `to`; returns its length. */
export function formatShortest(value: f64, to: usize): i32 {
  const bits = reinterpret<u64>(value);
  let at = to;
  if (bits >> 63) store<u8>(at++, 0x2d);
  if (value === 0) {
    store<u8>(at, 0x30);
    return <i32>(at - to) + 1;
  }
  if (((bits >> 52) & 0x7ff) === 0x7ff) {
    const text: u32 = bits << 12 ? 0x6e616e : 0x666e69;
    store<u32>(at, text);
    return <i32>(at - to) + 3;
  }
  generate(bits);
  return <i32>(layOut(at) - to);
}

/** x * y / 2^64 of two fractions; the half is added as fpconv adds it. */
function times(x: u64, y: u64): u64 {
  const low: u64 = 0xffffffff;
  const highLow = (x >> 32) * (y & low);
  const lowHigh = (x & low) * (y >> 32);
  const carry = (highLow & low) + (lowHigh & low) + (((x & low) * (y & low)) >> 32) + ((<u64>1) << 31);
  return (x >> 32) * (y >> 32) + (highLow >> 32) + (lowHigh >> 32) + (carry >> 32);
}

/** The value and the middles to its neighbours, scaled by a power of ten, then digits until one says which it is. */
function generate(bits: u64): void {
  const field = <i32>((bits >> 52) & 0x7ff);
  const fraction = (bits & (HIDDEN_BIT - 1)) + (field ? HIDDEN_BIT : 0);
  const exponent = field ? field - BIAS : 1 - BIAS;
  const shift = <i32>clz((fraction << 1) + 1);
  const upperExponent = exponent - 1 - shift;
  const upper = ((fraction << 1) + 1) << shift;
  const closer = fraction === HIDDEN_BIT ? 2 : 1;
  const lower = ((fraction << closer) - 1) << (exponent - closer - upperExponent);
  const entry = powerFor(upperExponent);
  const scale = load<u64>(entry);
  const high = times(upper, scale) - 1;
  const low = times(lower, scale) + 1;
  const middle = times(fraction << clz(fraction), scale);
  power = -(FIRST_POWER + POWER_STEP * <i32>((entry - POWERS) >> 4));
  cut(high, high - low, high - middle, -(upperExponent + load<i32>(entry, 8) + 64));
}

/** More than one entry may do; the search begins where fpconv's begins. */
function powerFor(exponent: i32): usize {
  const near = <i32>(<f64>-(exponent + 87) * 0.30102999566398114);
  let at = POWERS + ((<usize>((near - FIRST_POWER) / POWER_STEP)) << 4);
  for (let scaled = 0; ; ) {
    scaled = exponent + load<i32>(at, 8) + 64;
    if (scaled >= LOWEST && scaled <= HIGHEST) break;
    at = scaled < LOWEST ? at + 16 : at - 16;
  }
  return at;
}

/** Digits of `high`, whose point is `point` bits from the right, until what is left is within `within`. */
function cut(high: u64, within: u64, toValue: u64, point: i32): void {
  const one: u64 = (<u64>1) << point;
  let whole = high >> point;
  let part = high & (one - 1);
  digits = 0;
  let unit: u64 = 1000000000;
  for (let left = 9; left >= 0; left--) {
    const digit = whole / unit;
    whole -= digit * unit;
    if (digit || digits) push(digit);
    const rest = (whole << point) + part;
    if (rest <= within) {
      power += left;
      round(within, rest, unit << point, toValue);
      return;
    }
    unit /= 10;
  }
  let scaled: u64 = 1;
  for (let left = -1; ; left--) {
    part *= 10;
    within *= 10;
    scaled *= 10;
    const digit = part >> point;
    if (digit || digits) push(digit);
    part &= one - 1;
    if (part < within) {
      power += left;
      round(within, part, one, toValue * scaled);
      return;
    }
  }
}

function push(digit: u64): void {
  store<u8>(DIGITS + digits, 0x30 + <u8>digit);
  digits++;
}

/** Lowers the last digit while that comes closer to the value. */
function round(within: u64, rest: u64, step: u64, toValue: u64): void {
  const last = DIGITS + digits - 1;
  while (
    rest < toValue &&
    within - rest >= step &&
    (rest + step < toValue || toValue - rest > rest + step - toValue)
  ) {
    store<u8>(last, load<u8>(last) - 1);
    rest += step;
  }
}

/** As an integer, as a decimal, or with an exponent; returns where the text ends. */
function layOut(at: usize): usize {
  const exponent = power + digits - 1;
  const magnitude = abs(exponent);
  if (power >= 0 && magnitude < digits + 7) {
    memory.copy(at, DIGITS, digits);
    memory.fill(at + digits, 0x30, power);
    return at + digits + power;
  }
  if (power < 0 && (power > -7 || magnitude < 4)) return layOutDecimal(at);
  store<u8>(at++, load<u8>(DIGITS));
  if (digits > 1) {
    store<u8>(at, 0x2e);
    memory.copy(at + 1, DIGITS + 1, digits - 1);
    at += digits;
  }
  store<u8>(at, 0x65);
  store<u8>(at, exponent < 0 ? 0x2d : 0x2b, 1);
  at += 2;
  if (magnitude > 99) store<u8>(at++, 0x30 + <u8>(magnitude / 100));
  if (magnitude > 9) store<u8>(at++, 0x30 + <u8>((magnitude / 10) % 10));
  store<u8>(at++, 0x30 + <u8>(magnitude % 10));
  return at;
}

function layOutDecimal(at: usize): usize {
  const whole = digits + power;
  if (whole > 0) {
    memory.copy(at, DIGITS, whole);
    store<u8>(at + whole, 0x2e);
    memory.copy(at + whole + 1, DIGITS + whole, digits - whole);
    return at + digits + 1;
  }
  store<u16>(at, 0x2e30);
  memory.fill(at + 2, 0x30, -whole);
  memory.copy(at + 2 - whole, DIGITS, digits);
  return at + 2 - whole + digits;
}
