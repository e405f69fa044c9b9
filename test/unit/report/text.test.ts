import {describe, expect, test} from '@jest/globals';
import {reportSchema} from '../../../src/report/drill-report.ts';
import {type Paint, renderText} from '../../../src/report/text.ts';
import {aFinding, anInspection, aReport} from '../../builders.ts';

const failed = aReport({
  outcome: 'failed',
  ledger: [
    {
      name: 'keys loaded = sum of keys over databases',
      left: {source: 'INFO persistence and the log', value: 1200},
      right: {source: 'INFO keyspace', value: 1199},
      status: 'unbalanced',
    },
    {
      name: 'digest of the file = DEBUG DIGEST',
      left: {source: 'our reader', value: null},
      right: {source: 'DEBUG DIGEST', value: null},
      status: 'skipped',
      because: 'our reader does not compute it',
    },
  ],
  findings: [
    aFinding({
      rule: 'policy/keys-dropped',
      status: 'fail',
      message: 'the dataset dropped by 200 keys',
      expected: 1000,
      actual: 800,
      hint: 'Were keys lost?',
      origin: 'restore-drill.yml:12',
    }),
    aFinding({
      rule: 'restore/evicted',
      status: 'fail',
      message: 'the server evicted 1 keys',
      hint: 'Maxmemory?',
    }),
    aFinding({
      rule: 'backup/checksum-absent',
      status: 'fail',
      severity: 'warning',
      message: 'unproven',
      hint: 'Set it.',
    }),
    aFinding({rule: 'expect/digest', status: 'skipped', message: 'not compared', origin: 'expectations'}),
    aFinding({rule: 'ledger/digest', status: 'skipped', message: 'not drawn', origin: 'ledger'}),
    aFinding(),
  ],
});

const notRun = aReport({
  outcome: 'not-run',
  error: {code: 'server/unavailable', message: 'no server to restore into', hint: 'Start Docker.'},
  inspection: null,
  server: null,
  load: null,
  census: null,
  ledger: [],
  findings: [],
  timings: {fetchMs: 1, unpackMs: null, inspectMs: null, loadMs: null, verifyMs: null, totalMs: 1},
});

test.each([
  ['passed', aReport()],
  ['failed', failed],
  ['not-run', notRun],
])('the builder’s report of a drill that %s keeps the contract', (_outcome, report) => {
  expect(reportSchema.parse(report)).toEqual(report);
});

describe('a drill that passed', () => {
  const text = renderText(aReport());

  test('says so first, with what holds how many keys', () => {
    expect(text.split('\n')[0]).toBe('PASSED  dump.rdb restores: redis:7.0 holds 3 keys in 1 database');
  });

  test('names the backup, its hash, its writer, and the server and why it was taken', () => {
    expect(text).toContain('Backup    /backups/dump.rdb, 1,234 bytes, stored 2025-01-02T03:04:06.000Z');
    expect(text).toContain('SHA-256   abab');
    expect(text).toContain('Written   2025-01-02T03:04:05.000Z by redis 7.0.15 (REDIS RDB version 10)');
    expect(text).toContain(
      'Server    container of redis:7.0 (redis 7.0.15): the backup was written by redis:7.0',
    );
  });

  test('shows the ledger, and what passed as a number', () => {
    expect(text).toContain('Ledger\n  = keys loaded = sum of keys over databases: 3\n');
    expect(text).toContain('Findings\n  PASS    1 check\n');
  });

  test('shows where the time went, and ends in one newline', () => {
    expect(text).toMatch(/Timings {3}fetch 1 ms, .*load 400 ms, verify 5 ms, total 1,411 ms\n$/);
  });
});

describe('a drill that failed', () => {
  const text = renderText(failed);

  test('says first what is worst, and how much more there is', () => {
    expect(text.split('\n')[0]).toBe('FAILED  dump.rdb: the dataset dropped by 200 keys (and 1 more)');
  });

  test('shows both sides of a ledger line that does not balance', () => {
    expect(text).toContain(
      [
        '  ≠ keys loaded = sum of keys over databases',
        '      INFO persistence and the log: 1,200',
        '      INFO keyspace: 1,199',
      ].join('\n'),
    );
  });

  test('shows why a line is skipped, once', () => {
    expect(text).toContain('- digest of the file = DEBUG DIGEST: skipped, our reader does not compute it');
    expect(text).not.toContain('not drawn');
  });

  test('shows each finding with rule, origin, numbers and hint', () => {
    expect(text).toContain(
      [
        '  FAIL    the dataset dropped by 200 keys [policy/keys-dropped, restore-drill.yml:12]',
        '          expected 1,000, found 800',
        '          HINT: Were keys lost?',
      ].join('\n'),
    );
  });

  test('tells failures, warnings, skipped checks and passed ones apart, worst first', () => {
    const marks = [...text.matchAll(/^ {2}(FAIL|WARNING|SKIPPED|PASS)/gm)].map(([, mark]) => mark);
    expect(marks).toEqual(['FAIL', 'FAIL', 'WARNING', 'SKIPPED', 'PASS']);
  });

  test('for want of a backup has a headline too', () => {
    const findings = [
      aFinding({rule: 'backup/missing', status: 'fail', message: 'there is no file x', hint: 'Ran it?'}),
    ];
    const nothing = {...notRun, outcome: 'failed', error: undefined, backup: null, findings} as const;
    expect(renderText(nothing as never).split('\n')[0]).toBe('FAILED  the backup: there is no file x');
  });

  test('without a server says why there was none', () => {
    const error = {code: 'server/unavailable', message: 'no server', hint: 'Start one.'} as const;
    expect(renderText({...failed, error})).toContain('Not held  no server (server/unavailable)');
  });
});

describe('a drill that was not held', () => {
  const text = renderText(notRun);

  test('says why, what to do and the code, and never PASSED or FAILED', () => {
    expect(text).toMatch(
      /^NOT RUN {2}no server to restore into\n {9}HINT: Start Docker\.\n {9}code: server\/unavailable\n/,
    );
    expect(text).not.toMatch(/PASS|FAIL/);
  });

  test('leaves out what there is nothing to say about', () => {
    expect(text).not.toMatch(/Ledger|Findings|Server|inspect/);
    expect(text).toContain('Timings   fetch 1 ms, total 1 ms');
  });
});

test('a backup that does not name its producer or time is shown as it is', () => {
  const inspection = anInspection({producer: {product: 'unknown', version: null}, createdAt: null});
  expect(renderText(aReport({inspection}))).toContain(
    'Written   at an unknown time by unknown (REDIS RDB version 10)',
  );
});

test('colour changes nothing but colour', () => {
  const colourful: Paint = (style, text) => `<${style}>${text}</>`;
  for (const report of [aReport(), failed, notRun]) {
    expect(renderText(report, colourful).replace(/<\w+>|<\/>/g, '')).toBe(renderText(report));
  }
});
