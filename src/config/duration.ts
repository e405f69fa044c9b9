/** Durations as people write them in a config: `90s`, `10m`, `26h`, `7d`. One number and one unit, so that none is doubtful. */

const UNITS: Record<string, number> = {s: 1000, m: 60_000, h: 60 * 60_000, d: 24 * 60 * 60_000};

/** Milliseconds; `null` when the text is no duration. */
export function parseDuration(text: string): number | null {
  const [, count, unit] = /^(\d{1,9})\s*([smhd])$/.exec(text.trim()) ?? [];
  return count === undefined ? null : Number(count) * UNITS[unit!]!;
}
