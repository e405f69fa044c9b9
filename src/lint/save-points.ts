/**
 * The save points that a server has after reading its `save` lines. In: the lines, in order, and the server's version.
 * Out: what CONFIG GET save would say. Versions before 7.0 pass over a line that they do not understand without a word,
 * and forget their own save points as soon as they are given any file or option (ran on 6.0.16).
 */
import {splitArgs} from '../redis/conf.ts';
import {compareLines, type ServerTable} from './server-table.ts';

export type SavePoint = {seconds: number; changes: number};

/** Of 6.0.16, started without file and options: nothing else can be asked of it by CONFIG GET. */
const OLD_STOCK = '3600 1 300 100 60 10000';

/** `null`: the server does not start. `ignored`: it starts, and the line is as if it were not there. */
export type SaveLine = {points: SavePoint[] | 'clear'} | {ignored: true} | null;

/** From 7.0 on `save` takes several pairs, and refuses what it does not understand. */
export const refusesBadSaves = ({product, line}: Pick<ServerTable, 'product' | 'line'>): boolean =>
  product !== 'redis' || compareLines(line, '7.0') >= 0;

export function readSave(args: readonly string[], server: Pick<ServerTable, 'product' | 'line'>): SaveLine {
  const strict = refusesBadSaves(server);
  if (args.length === 1 && args[0] === '') return {points: 'clear'};
  const words = strict && args.length === 1 ? splitArgs(args[0]!) : args;
  if (!strict && words?.length !== 2) return {ignored: true};
  // Quotes that came through a list are taken off once more: `--save '""'`.
  if (strict && words?.length === 1 && words[0] === '') return {points: 'clear'};
  if (words === null || words.length % 2 === 1) return null;
  if (words.length === 0) return null;
  const points = Array.from({length: words.length / 2}, (_, index) => ({
    seconds: count(words[2 * index]!, strict),
    changes: count(words[2 * index + 1]!, strict),
  }));
  return points.every(({seconds, changes}) => seconds >= 1 && changes >= 0) ? {points} : null;
}

/** The older ones read digits as far as there are any, as atoi does. */
function count(text: string, strict: boolean): number {
  const digits = strict ? /^-?\d+$/.exec(text)?.[0] : (/^\s*[-+]?\d+/.exec(text)?.[0] ?? '0');
  return digits === undefined ? Number.NaN : Number(digits);
}

export function savePoints(
  lines: readonly (readonly string[])[],
  server: Pick<ServerTable, 'product' | 'line'>,
  {stock, bare}: {stock: string; bare: boolean},
): SavePoint[] {
  const strict = refusesBadSaves(server);
  let points = parsePoints(strict ? stock : bare ? OLD_STOCK : '');
  let first = strict;
  for (const args of lines) {
    const line = readSave(args, server);
    if (line === null || 'ignored' in line) continue;
    if (first || line.points === 'clear') points = [];
    if (line.points !== 'clear') points = [...points, ...line.points];
    first = false;
  }
  return points;
}

/** As CONFIG GET writes them: `3600 1 300 100`. */
export function parsePoints(text: string): SavePoint[] {
  const words = text.split(' ').filter(word => word !== '');
  return Array.from({length: Math.floor(words.length / 2)}, (_, index) => ({
    seconds: Number(words[2 * index]),
    changes: Number(words[2 * index + 1]),
  }));
}

export const pointsText = (points: readonly SavePoint[]): string =>
  points.map(({seconds, changes}) => `${seconds} ${changes}`).join(' ');
