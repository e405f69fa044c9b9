/** What a gate finds before it, told in hours: a test states only what it is about. By default all is well. */
import type {Demands} from '../../../src/gate/demands.ts';
import type {GateEvidence} from '../../../src/gate/judge-gate.ts';
import {parseWantedServer} from '../../../src/gate/wanted-server.ts';
import type {Run} from '../../../src/gate/witness.ts';
import type {HistoryRecord} from '../../../src/history/record.ts';

export const NOW = new Date('2026-03-10T12:00:00.000Z');
export const hoursAgo = (hours: number): string => new Date(NOW.getTime() - hours * 3_600_000).toISOString();

const SHA = 'ffac537e6cbbf934b08745a378932722df287a53';
export const TRUST = {repository: 'acme/shop', workflow: 'nightly-drill.yml', branch: 'main'};
export const WORKFLOW_REF = 'acme/shop/.github/workflows/nightly-drill.yml@refs/heads/main';

type Told = Partial<Omit<HistoryRecord, 'heldBy'>> & {
  /** When the drill ended. */
  hours?: number;
  /** When the backup was taken. */
  taken?: number;
  line?: string;
  heldBy?: Partial<NonNullable<HistoryRecord['heldBy']>> | undefined;
};

/** Each drill is of a run of its own. */
const runIdAt = (hours: number): string => String(100_000 + Math.round(hours * 60));

/** Of a drill that passed 8 hours ago. */
export function aRecord({
  hours = 8,
  taken = hours + 2,
  line = 'redis:8.0',
  ...told
}: Told = {}): HistoryRecord {
  const passed = (told.outcome ?? 'passed') === 'passed';
  const {heldBy, ...rest} = told;
  return {
    schemaVersion: 1,
    backup: 'sessions',
    outcome: 'passed',
    depth: 'full',
    failed: passed ? [] : ['backup/truncated'],
    warned: [],
    startedAt: hoursAgo(hours + 0.1),
    finishedAt: hoursAgo(hours),
    artifact: {
      sizeBytes: 200,
      sha256: 'ab'.repeat(32),
      takenAt: hoursAgo(taken),
      modifiedAt: hoursAgo(taken),
    },
    server: {line, version: `${line.split(':')[1]}.3`, kind: 'container'},
    dataset: {keys: 3, expires: 1, databases: {'0': {keys: 3, expires: 1}}, types: {string: 3}, functions: 0},
    usedMemoryBytes: 1_000_000,
    timings: {restoreMs: 900, totalMs: 1200},
    ...('heldBy' in told && heldBy === undefined
      ? {}
      : {
          heldBy: {
            repository: 'acme/shop',
            workflowRef: WORKFLOW_REF,
            runId: runIdAt(hours),
            runAttempt: 1,
            sha: SHA,
            ...heldBy,
          },
        }),
    ...rest,
  };
}

/** Nothing was started, so that nobody knows on which server it would have been. */
export const notRun = (error: HistoryRecord['error'], told: Told = {}): HistoryRecord =>
  aRecord({outcome: 'not-run', error, failed: [], server: null, artifact: null, dataset: null, ...told});

/** Which held the drill of 8 hours ago. */
export const aRun = (told: Partial<Run> = {}): Run => ({
  id: runIdAt(8),
  url: 'https://github.com/acme/shop/actions/runs/1',
  path: '.github/workflows/nightly-drill.yml',
  branch: 'main',
  sha: SHA,
  event: 'schedule',
  attempt: 1,
  conclusion: 'success',
  fork: false,
  startedAt: hoursAgo(8.2),
  updatedAt: hoursAgo(7.9),
  ...told,
});

export const asked = (...runs: Run[]): ReadonlyMap<string, Run> => new Map(runs.map(run => [run.id, run]));

export const someDemands = (
  told: Partial<Omit<Demands, 'servers'>> & {servers?: string[]} = {},
): Demands => ({
  require: ['sessions'],
  requiredBy: '--require',
  maxAgeMs: 26 * 3_600_000,
  maxBackupAgeMs: null,
  depth: 'full',
  trust: TRUST,
  ...told,
  servers: (told.servers ?? []).map(name => parseWantedServer(name)!),
});

/** Unless it is told otherwise, GitHub confirms the run of each record. */
export function someEvidence({records = [aRecord()], ...told}: Partial<GateEvidence> = {}): GateEvidence {
  return {records, runs: asked(...records.flatMap(confirming)), ...told};
}

function confirming({heldBy, startedAt, finishedAt}: HistoryRecord): Run[] {
  const {runId: id} = heldBy ?? {};
  return id === undefined ? [] : [aRun({id, startedAt, updatedAt: finishedAt})];
}
