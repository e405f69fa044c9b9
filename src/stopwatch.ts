/** How long each stage took, and when the drill began and ended. Two calls for one stage add up. */
import type {Timings} from './report/drill-report.ts';

type Stage = Exclude<keyof Timings, 'totalMs'>;

export class Stopwatch {
  readonly #startedAt = new Date();
  readonly #start = performance.now();
  readonly #stages: Partial<Record<Stage, number>> = {};

  async time<T>(stage: Stage, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    try {
      return await work();
    } finally {
      this.#stages[stage] = (this.#stages[stage] ?? 0) + performance.now() - start;
    }
  }

  stop(): {timings: Timings; startedAt: string; finishedAt: string} {
    const ms = (stage: Stage): number | null => {
      const value = this.#stages[stage];
      return value === undefined ? null : Math.round(value);
    };
    return {
      timings: {
        fetchMs: ms('fetchMs'),
        unpackMs: ms('unpackMs'),
        inspectMs: ms('inspectMs'),
        loadMs: ms('loadMs'),
        verifyMs: ms('verifyMs'),
        totalMs: Math.round(performance.now() - this.#start),
      },
      startedAt: this.#startedAt.toISOString(),
      finishedAt: new Date().toISOString(),
    };
  }
}
