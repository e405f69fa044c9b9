/** Records of drills, whole and healthy by default, and a night after a night. */
import type {HistoryRecord} from '../src/history/record.ts';
import {aDataset} from './builders.ts';

export const FIRST_NIGHT = Date.parse('2026-01-05T03:00:00.000Z');
const DAY_MS = 24 * 60 * 60_000;

/** When the drill of a night ended. */
export const night = (number: number): string => new Date(FIRST_NIGHT + number * DAY_MS).toISOString();

export function aRecord(overrides: Partial<HistoryRecord> = {}): HistoryRecord {
  const finishedAt = overrides.finishedAt ?? night(0);
  return {
    schemaVersion: 1,
    backup: 'sessions',
    outcome: 'passed',
    depth: 'full',
    proof: 'debug-digest',
    failed: [],
    warned: [],
    startedAt: new Date(Date.parse(finishedAt) - 2_000).toISOString(),
    finishedAt,
    artifact: {
      sizeBytes: 1234,
      plainBytes: 1234,
      sha256: 'ab'.repeat(32),
      takenAt: new Date(Date.parse(finishedAt) - 3_600_000).toISOString(),
      modifiedAt: new Date(Date.parse(finishedAt) - 3_500_000).toISOString(),
    },
    server: {line: 'redis:7.0', version: '7.0.15', kind: 'container', image: 'redis:7.0'},
    dataset: aDataset(),
    usedMemoryBytes: 1_000_000,
    timings: {restoreMs: 403, loadMs: 400, totalMs: 1411},
    ...overrides,
  };
}
