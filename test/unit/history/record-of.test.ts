import {describe, expect, test} from '@jest/globals';
import {reportOfNothing} from '../../../src/drill.ts';
import {DrillError} from '../../../src/errors.ts';
import {heldByIn} from '../../../src/history/held-by.ts';
import {historyRecordSchema} from '../../../src/history/record.ts';
import {recordOf} from '../../../src/history/record-of.ts';
import {aDamage, aDataset, aFinding, anInspection, aReport} from '../../builders.ts';

const DRILLED = {backup: 'sessions'};
const HELD = {
  GITHUB_REPOSITORY: 'acme/infra',
  GITHUB_WORKFLOW_REF: 'acme/infra/.github/workflows/drill.yml@refs/heads/main',
  GITHUB_RUN_ID: '123',
  GITHUB_RUN_ATTEMPT: '2',
  GITHUB_SHA: 'c'.repeat(40),
};

describe('the record of a drill', () => {
  test('has what trends and a gate need', () => {
    const report = aReport({depth: 'full', proof: 'debug-digest'});
    expect(recordOf(report, DRILLED)).toEqual({
      schemaVersion: 1,
      backup: 'sessions',
      outcome: 'passed',
      depth: 'full',
      proof: 'debug-digest',
      failed: [],
      warned: [],
      startedAt: report.startedAt,
      finishedAt: report.finishedAt,
      artifact: {
        sizeBytes: 1234,
        plainBytes: 200,
        sha256: 'ab'.repeat(32),
        takenAt: '2025-01-02T03:04:05.000Z',
        modifiedAt: '2025-01-02T03:04:06.000Z',
      },
      server: {line: 'redis:7.0', version: '7.0.15', kind: 'container', image: 'redis:7.0'},
      dataset: aDataset(),
      usedMemoryBytes: 1_000_000,
      timings: {restoreMs: 403, loadMs: 400, totalMs: 1411},
    });
  });

  test('has what came of it on each server of a matrix, by its line', () => {
    const report = aReport();
    const {server, load, census} = report;
    const there = {optional: false, outcome: 'passed' as const, load, census, ledger: [], findings: []};
    const matrix = [
      {...there, image: 'mirror.example/redis:7.0-alpine', server},
      {...there, image: 'valkey/valkey:9.1', server: null, outcome: 'not-run' as const},
      {...there, image: 'our-own', server: null, outcome: 'not-run' as const},
    ];
    const record = recordOf({...report, matrix}, DRILLED);
    expect(record.matrix).toEqual([
      {line: 'redis:7.0', version: '7.0.15', outcome: 'passed'},
      {line: 'valkey:9.1', version: null, outcome: 'not-run'},
    ]);
    expect(historyRecordSchema.parse(record)).toEqual(record);
  });

  test('names rules once, and repeats no message, place or value', () => {
    const secret = 'user:4711 at s3://bucket/secret';
    const wrong = aFinding({rule: 'expect/keys-dropped', status: 'fail', message: secret, hint: secret});
    const warned = {...wrong, rule: 'policy/keys-grown', severity: 'warning' as const};
    const skipped = aFinding({rule: 'ledger/digest', status: 'skipped', message: secret});
    const report = aReport({
      outcome: 'failed',
      error: {code: 'server/stalled', message: secret, hint: secret},
      findings: [wrong, warned, wrong, skipped],
      inspection: anInspection({canaries: []}),
    });
    const record = recordOf(
      {...report, backup: {...report.backup!, name: secret, location: secret}},
      DRILLED,
    );
    expect(record).toMatchObject({
      outcome: 'failed',
      error: 'server/stalled',
      failed: ['expect/keys-dropped'],
      warned: ['policy/keys-grown'],
    });
    expect(JSON.stringify(record)).not.toContain('4711');
  });

  test('has no dataset of a dump that was read in part', () => {
    const damaged = anInspection({error: aDamage('backup/truncated')});
    expect(recordOf(aReport({outcome: 'failed', inspection: damaged}), DRILLED).dataset).toBeNull();
    const longer = anInspection({error: aDamage('backup/trailing-bytes')});
    expect(recordOf(aReport({outcome: 'failed', inspection: longer}), DRILLED).dataset).toEqual(aDataset());
  });

  test('is there of a drill that came to nothing', () => {
    const record = recordOf(
      reportOfNothing(new DrillError('source/denied', 'no', {hint: 'log in'})),
      DRILLED,
    );
    expect(historyRecordSchema.parse(record)).toEqual(record);
    expect(record).toMatchObject({outcome: 'not-run', artifact: null, server: null, dataset: null});
  });

  test('says who held it where a workflow did, and nothing in part', () => {
    const heldBy = heldByIn(name => HELD[name as keyof typeof HELD]);
    const record = recordOf(aReport(), {...DRILLED, heldBy});
    expect(historyRecordSchema.parse(record).heldBy).toEqual({
      repository: 'acme/infra',
      workflowRef: HELD.GITHUB_WORKFLOW_REF,
      runId: '123',
      runAttempt: 2,
      sha: HELD.GITHUB_SHA,
    });
    expect(heldByIn(name => (name === 'GITHUB_SHA' ? '' : HELD[name as keyof typeof HELD]))).toBeUndefined();
    expect(heldByIn(() => undefined)).toBeUndefined();
  });
});
