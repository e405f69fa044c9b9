/** How progress looks on stderr: one bar that redraws itself on a terminal, now and then a plain line anywhere else. */
import type {Progress, ProgressUnit} from './progress.ts';

/** Work shorter than this shows nothing at all. */
const QUIET_MS = 1000;
const BAR_REDRAW_MS = 100;
const LINE_EVERY_MS = 10_000;
const BAR_CHARS = 24;
const CLEAR_LINE = '\r\x1b[2K';

type Output = {isTTY?: boolean; write(text: string): unknown};

export function progressOn(output: Output): Progress {
  const everyMs = output.isTTY ? BAR_REDRAW_MS : LINE_EVERY_MS;
  /** Of what goes on at a time the first is shown: a terminal has one line for it. */
  let shown: symbol | null = null;
  return {
    phase: (name, total, unit = 'bytes') => {
      const start = performance.now();
      let shownAt = start + QUIET_MS - everyMs;
      const me = Symbol(name);
      shown ??= me;
      let drawn = false;
      return {
        update: done => {
          const now = performance.now();
          shown ??= me;
          if (shown !== me || now - shownAt < everyMs) return;
          shownAt = now;
          drawn = true;
          const line = describe(name, {done, total, unit, elapsedMs: now - start});
          const picture = unit === 'unknown' ? '' : `${bar(done, total)} `;
          output.write(output.isTTY ? `${CLEAR_LINE}${picture}${line}` : `${line}\n`);
        },
        end: () => {
          if (shown === me) shown = null;
          if (drawn && output.isTTY) output.write(CLEAR_LINE);
        },
      };
    },
  };
}

type Reached = {done: number; total: number; unit: ProgressUnit; elapsedMs: number};

/** `inspect 41% (82 of 193 MB, 310 MB/s, 1 s left)`. */
export function describe(name: string, {done, total, unit, elapsedMs}: Reached): string {
  if (unit === 'unknown') return `${name}, ${Math.floor(elapsedMs / 1000)} s so far`;
  const percent = total === 0 ? 100 : Math.floor((100 * done) / total);
  const leftSeconds = done === 0 ? null : Math.ceil((elapsedMs * (total - done)) / done / 1000);
  const left = leftSeconds === null ? '' : `${leftSeconds} s left`;
  if (unit === 'percent') return `${name} ${percent}%${left === '' ? '' : ` (${left})`}`;
  const rate = elapsedMs === 0 ? '' : `, ${megabytes((1000 * done) / elapsedMs)} MB/s`;
  return `${name} ${percent}% (${megabytes(done)} of ${megabytes(total)} MB${rate}${left === '' ? '' : `, ${left}`})`;
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);

function bar(done: number, total: number): string {
  const full = total === 0 ? BAR_CHARS : Math.min(BAR_CHARS, Math.round((BAR_CHARS * done) / total));
  return `[${'#'.repeat(full)}${'.'.repeat(BAR_CHARS - full)}]`;
}

/** For RUNNER_DEBUG: when each phase began and ended. */
export function timed(progress: Progress, debug: (text: string) => void): Progress {
  return {
    phase: (...parts) => {
      const [name] = parts;
      const start = performance.now();
      debug(`${name} begins`);
      const phase = progress.phase(...parts);
      return {
        update: done => phase.update(done),
        end: () => {
          phase.end();
          debug(`${name} took ${Math.round(performance.now() - start)} ms`);
        },
      };
    },
  };
}
