/**
 * Progress of long work, as plain numbers. Stages report; an edge decides how it looks (a bar on a terminal, plain
 * lines in CI, nothing at all). A stage never prints.
 */

export type Phase = {
  /** `done` counts in the unit of `total`, from 0 up to `total`. */
  update(done: number): void;
  end(): void;
};

export type Progress = {
  /** `total` is in bytes unless `unit` says otherwise; of work whose end cannot be foreseen only the time is shown. */
  phase(name: string, total: number, unit?: ProgressUnit): Phase;
};
export type ProgressUnit = 'bytes' | 'percent' | 'unknown';

const TICK_MS = 500;

/** For work that cannot say how far it has come: shows that it is still at it. */
export async function showWaiting<T>(progress: Progress, name: string, work: () => Promise<T>): Promise<T> {
  const phase = progress.phase(name, 0, 'unknown');
  const ticking = setInterval(() => phase.update(0), TICK_MS);
  try {
    return await work();
  } finally {
    clearInterval(ticking);
    phase.end();
  }
}

export const silent: Progress = {phase: () => ({update: () => {}, end: () => {}})};
