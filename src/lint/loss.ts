/**
 * How much can be lost at worst, by what a configuration says. In: the values that a server would have, and how often it
 * is written to. Out: the loss when the process dies and when the machine does, apart, because the page cache survives
 * the one and not the other. A disk that cannot follow, and the time that a save itself takes, come on top.
 */
import type {Effective, Value} from './effective.ts';
import {parsePoints, type SavePoint} from './save-points.ts';

export type Loss = {
  /** Infinity: nothing is kept, or nothing says when. */
  seconds: number;
  because: string;
};

export type Losses = {
  /** `null`: a value that decides it is not known here. */
  processCrash: Loss | null;
  hostCrash: Loss | null;
  /** What decides them, the most telling first. */
  from: Value[];
};

/** Changes a second; `null` where nobody has said, and the worst of all rates counts. */
export type WriteRate = number | null;

/** Linux writes back what is older than vm.dirty_expire_centisecs, and looks every five seconds. */
const KERNEL_SECONDS = 30;
const EVERY_SECOND = 1;

export function lossesOf({values}: Effective, rate: WriteRate): Losses {
  const save = values.get('save');
  const aof = values.get('appendonly');
  const fsync = values.get('appendfsync');
  const paused = values.get('no-appendfsync-on-rewrite');
  const held = (...all: (Value | undefined)[]) => all.filter(value => value !== undefined);
  if (aof?.text === null || aof === undefined)
    return {processCrash: null, hostCrash: null, from: held(aof, save)};
  if (aof.text === 'no') {
    const loss = save?.text === null || save === undefined ? null : lossOfSaves(parsePoints(save.text), rate);
    // Whichever of the two was written; of defaults the save points speak.
    return {processCrash: loss, hostCrash: loss, from: save?.from ? held(save, aof) : held(aof, save)};
  }
  const processCrash = {
    seconds: 0,
    because: 'the append-only file has what was answered, and the page cache survives',
  };
  return {
    processCrash,
    hostCrash: lossOfAof(fsync, paused),
    from: held(paused?.text === 'yes' ? paused : fsync, fsync, aof),
  };
}

function lossOfAof(fsync: Value | undefined, paused: Value | undefined): Loss | null {
  if (fsync === undefined || fsync.text === null) return null;
  if (fsync.text === 'no')
    return {seconds: KERNEL_SECONDS, because: 'appendfsync no leaves it to the kernel'};
  if (paused?.text === null) return null;
  if (paused?.text === 'yes')
    return {seconds: KERNEL_SECONDS, because: 'nothing is synced while the append-only file is rewritten'};
  if (fsync.text === 'always') return {seconds: 0, because: 'appendfsync always'};
  return {seconds: EVERY_SECOND, because: 'appendfsync everysec'};
}

function lossOfSaves(points: readonly SavePoint[], rate: WriteRate): Loss {
  if (points.length === 0)
    return {seconds: Number.POSITIVE_INFINITY, because: 'no save points, no append-only file'};
  const times = points.map(point => ({point, seconds: secondsUntil(point, rate)}));
  const {point, seconds} = times.reduce((best, next) => (next.seconds < best.seconds ? next : best));
  if (seconds === Number.POSITIVE_INFINITY) {
    const least = Math.min(...points.map(({changes}) => changes));
    return {
      seconds,
      because: `up to ${least - 1} changes are never saved: no save point asks for fewer than ${least}`,
    };
  }
  return {seconds, because: `save ${point.seconds} ${point.changes}`};
}

/** At the worst of all rates a point that asks for several changes may wait for ever. */
function secondsUntil({seconds, changes}: SavePoint, rate: WriteRate): number {
  if (changes <= 1) return seconds;
  return rate === null ? Number.POSITIVE_INFINITY : Math.max(seconds, Math.ceil(changes / rate));
}

/** `1 s`, `15 min`, `everything`. */
export function secondsText(seconds: number): string {
  if (seconds === Number.POSITIVE_INFINITY) return 'everything';
  if (seconds === 0) return 'nothing';
  const units: [number, string][] = [
    [86_400, 'd'],
    [3600, 'h'],
    [60, 'min'],
  ];
  for (const [size, unit] of units)
    if (seconds >= size && seconds % size === 0) return `${seconds / size} ${unit}`;
  return seconds > 600 ? `${Math.floor(seconds / 60)} min ${seconds % 60} s` : `${seconds} s`;
}
