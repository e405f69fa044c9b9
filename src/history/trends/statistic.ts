/**
 * What is usual of a series of nights, and how far this one is from it. Robust, because histories have bad nights: the
 * median of the same weekday in the last weeks says what is to be expected, the median absolute deviation of
 * week-on-week changes says how far nights stray. Pure; docs/history.md tells it to people.
 */

/** By nights ago, in that order; 0 is the drill that is judged. On a scale on which differences mean something (logarithms, shares). */
export type Series = {
  measured: ReadonlyMap<number, number>;
  /** Those of them that others may be measured by. */
  sound: ReadonlyMap<number, number>;
};

export type Usual = {
  /** Change from one week to the next. */
  growth: number;
  /** Of a night from the same weekday a week before: a standard deviation, if nights were normally distributed. */
  spread: number;
};

const WEEK = 7;
/** Weeks of which changes are looked at. */
const WINDOW = 8 * WEEK;
/** Same weekdays without which none is expected to come again. */
const MIN_WEEKDAYS = 3;
/** Week-on-week changes that tell a spread. */
const MIN_PAIRS = 5;
/** Before weekdays are known: fewer nights, or fewer days between them, tell nothing. */
const MIN_NIGHTS = 7;
const MIN_SPAN = 6;
/** Makes the median absolute deviation of normally distributed values their standard deviation. */
const NORMAL = 1.4826;

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Zero where all are the same: whoever divides by it, or compares with it, needs a floor. */
export function deviation(values: readonly number[]): number {
  const middle = median(values);
  return NORMAL * median(values.map(value => Math.abs(value - middle)));
}

/** `null`: too few weeks are known. */
export function usual({sound}: Series): Usual | null {
  const changes = [...sound].flatMap(([ago, value]) => {
    const before = sound.get(ago + WEEK);
    return ago <= WINDOW && before !== undefined ? [value - before] : [];
  });
  if (changes.length < MIN_PAIRS) return null;
  return {growth: median(changes), spread: deviation(changes)};
}

export type Off = {
  /** From what is expected; positive is more. */
  by: number;
  expected: number;
};

/** `null` where weekdays are not known yet. */
export type Weeks = {
  growth: number;
  /** How many of the same weekday are looked at, at most. */
  weekdays: number;
} | null;

/**
 * How far a night is from what was to be expected of it. Where its weekday is not known yet, how far it is outside of all
 * that was, and half as far again: a first weekend is no loss. `null`: nothing is to be expected.
 */
export function offBy({measured, sound}: Series, night: number, weeks: Weeks): Off | null {
  const value = measured.get(night);
  if (value === undefined) return null;
  const sameDay = weeks ? sameWeekday(sound, night, weeks) : [];
  if (sameDay.length >= MIN_WEEKDAYS) {
    const expected = median(sameDay);
    return {by: value - expected, expected};
  }
  const before = [...sound].filter(([ago]) => ago > night);
  const span = (before.at(-1)?.[0] ?? 0) - (before[0]?.[0] ?? 0);
  if (before.length < MIN_NIGHTS || span < MIN_SPAN) return null;
  const values = before.map(([, then]) => then);
  const [least, most] = [Math.min(...values), Math.max(...values)];
  // So few nights have not strayed as far as nights do.
  const room = (most - least) / 2;
  const by = value - clamp(value, least - room, most + room);
  return {by, expected: clamp(value, least, most)};
}

const clamp = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), most);

/** What each of them would be by now, had it grown as is usual. */
function sameWeekday(
  sound: Series['sound'],
  night: number,
  {growth, weekdays}: NonNullable<Weeks>,
): number[] {
  const values: number[] = [];
  const oldest = Math.max(0, ...sound.keys());
  for (let ago = night + WEEK; ago <= oldest && values.length < weekdays; ago += WEEK) {
    const then = sound.get(ago);
    if (then !== undefined) values.push(then + (growth * (ago - night)) / WEEK);
  }
  return values;
}

/** The same over the last nights that were measured, of which this is one; `null` where there are not so many, or too far back. */
export function lastOff(series: Series, nights: number, weeks: Weeks): number | null {
  const last = [...series.measured.keys()].slice(0, nights);
  const offs = last.map(night => offBy(series, night, weeks)?.by ?? null);
  if (last.length < nights || last.at(-1)! > nights * WEEK || offs.includes(null)) return null;
  return median(offs as number[]);
}
