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
  /** `total` is in bytes unless `unit` says otherwise. */
  phase(name: string, total: number, unit?: 'bytes' | 'percent'): Phase;
};

export const silent: Progress = {phase: () => ({update: () => {}, end: () => {}})};
