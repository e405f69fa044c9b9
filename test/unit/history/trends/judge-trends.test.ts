import {describe, expect, test} from '@jest/globals';
import type {HistoryRecord} from '../../../../src/history/record.ts';
import {judgeTrends} from '../../../../src/history/trends/judge-trends.ts';
import {NO_TREND_POLICY, trendPolicySchema} from '../../../../src/history/trends/trend-policy.ts';
import {withTrends} from '../../../../src/history/trends/with-trends.ts';
import {aDataset, aFinding, anInspection, aReport} from '../../../builders.ts';
import {aRecord, night} from '../../../records.ts';

/** Each with a backup and data of its own, as nights are. */
const nightly = (number: number, overrides: Partial<HistoryRecord> = {}): HistoryRecord => {
  const finishedAt = night(number);
  const digest = {algorithm: 'redis-debug-digest', dialect: '7.2', hex: hex(number, 40)} as const;
  const record = aRecord({finishedAt, dataset: aDataset({keys: 10_000, expires: 0, digest})});
  return {...record, artifact: {...record.artifact!, sha256: hex(number, 64)}, ...overrides};
};
const hex = (number: number, digits: number) => number.toString(16).padStart(digits, '0');

/** The last of them is judged by those before. */
function judged(records: HistoryRecord[], written: object = {}) {
  const [now, ...earlier] = records.toReversed();
  const policy = {...trendPolicySchema.parse(written), originOf: () => 'restore-drill.yml:12'};
  return judgeTrends(now!, {records: earlier, unreadable: []}, policy);
}
const rules = (...parts: Parameters<typeof judged>) =>
  judged(...parts)
    .filter(({status}) => status === 'fail')
    .map(({rule, severity}) => `${rule} ${severity}`);
const nights = (count: number, record = nightly) =>
  Array.from({length: count}, (_, number) => record(number));
const withKeys = (number: number, keys: number, more: Partial<HistoryRecord> = {}) => {
  const record = nightly(number);
  return {...record, dataset: {...record.dataset!, ...aDataset({keys, expires: 0})}, ...more};
};
/** One per cent a night from night 30 on. */
const leaking = (number: number) => withKeys(number, Math.round(10_000 * 0.99 ** Math.max(0, number - 29)));

describe('trends', () => {
  test('are steady where nothing moves, and say how much was looked at', () => {
    expect(judged(nights(40))).toEqual([
      expect.objectContaining({
        rule: 'trend/steady',
        status: 'pass',
        message: expect.stringMatching(/over 39 earlier nights$/),
      }),
    ]);
  });

  test('of a few nights are skipped, and never called steady', () => {
    expect(judged(nights(5))).toEqual([
      expect.objectContaining({rule: 'trend/steady', status: 'skipped', severity: 'note'}),
    ]);
    expect(judged(nights(1))).toHaveLength(1);
  });

  test('a slow leak fails, although no night lost more than one per cent', () => {
    expect(rules(nights(40, leaking))).toContain('trend/keys-falling error');
    expect(rules(nights(30, leaking))).toEqual([]);
  });

  test('a loss that nobody repaired does not become what is usual', () => {
    const lost = (number: number) =>
      number < 40
        ? nightly(number)
        : withKeys(number, 8_000, {outcome: 'failed', failed: ['trend/keys-falling']});
    expect(rules(nights(100, lost))).toContain('trend/keys-falling error');
  });

  test('of a loss that was meant nothing is said since the day that the config names', () => {
    const fewer = (number: number) =>
      number < 40
        ? nightly(number)
        : withKeys(number, 8_000, {outcome: 'failed', failed: ['trend/keys-falling']});
    expect(rules(nights(45, fewer), {since: night(40).slice(0, 10)})).toEqual([]);
  });

  test.each([
    'policy/backup-age',
    'policy/restore-duration',
    'policy/memory',
    'policy/file-size',
  ])('a drill that failed for %s alone is as good as any to compare with', rule => {
    const late = (number: number) => ({...leaking(number), outcome: 'failed' as const, failed: [rule]});
    expect(rules(nights(40, late))).toContain('trend/keys-falling error');
  });

  test('a database that vanished is told, one that comes and goes is not', () => {
    const two = {'0': {keys: 9_000, expires: 0}, '1': {keys: 1_000, expires: 0}};
    const one = {'0': {keys: 9_000, expires: 0}};
    const holding = (has: (number: number) => boolean) => (number: number) => {
      const record = nightly(number);
      const databases = has(number) ? two : one;
      return {...record, dataset: {...record.dataset!, keys: 10_000, databases}};
    };
    expect(
      rules(
        nights(
          30,
          holding(number => number < 29),
        ),
      ),
    ).toEqual(['trend/vanished error']);
    expect(
      rules(
        nights(
          30,
          holding(number => number % 2 === 0),
        ),
      ),
    ).toEqual([]);
  });

  test('a dataset that stopped growing has lost nothing', () => {
    const grown = (number: number) => withKeys(number, Math.round(10_000 * 1.02 ** Math.min(number, 40)));
    for (const last of [42, 45, 50, 55]) expect(rules(nights(last, grown))).toEqual([]);
  });

  test('the same backup, drilled on as if it were new, fails in the second night', () => {
    const stale = (number: number) => {
      const last = nightly(Math.min(number, 20));
      return {...last, startedAt: night(number), finishedAt: night(number)};
    };
    expect(rules(nights(22, stale))).not.toContain('trend/same-backup error');
    expect(rules(nights(23, stale))).toContain('trend/same-backup error');
  });

  test('a backup that is only taken on weekdays is not missed at the weekend', () => {
    const weekdays = (number: number) => {
      // The first night is a Monday.
      const taken = number % 7 > 4 ? number - ((number % 7) - 4) : number;
      return {...nightly(taken), startedAt: night(number), finishedAt: night(number)};
    };
    for (let last = 28; last < 36; last += 1) expect(rules(nights(last, weekdays))).toEqual([]);
  });

  test('several drills in one night are one night', () => {
    const often = nights(20).flatMap(record => [0, 1, 2].map(hour => later(record, hour)));
    expect(rules(often)).toEqual([]);
    expect(judged(often).at(-1)?.message).toMatch(/over 19 earlier nights$/);
  });

  test('restores on another line of servers are not compared', () => {
    const slower = (number: number) => ({
      ...nightly(number),
      ...(number > 27 && {
        server: {line: 'redis:8.0', version: '8.0.2', kind: 'container' as const},
        timings: {restoreMs: 4_000, totalMs: 5_000},
      }),
    });
    expect(rules(nights(31, slower))).toEqual([]);
  });

  test.each([
    ['warn', ['trend/keys-falling warning']],
    ['off', []],
    [{level: 'warn', drift: '20%', jump: '30%'}, []],
  ])('the config has the last word: keys: %j', (keys, expected) => {
    const found = rules(nights(40, leaking), {keys}).filter(rule => rule.startsWith('trend/keys'));
    expect([...new Set(found)]).toEqual(expected);
  });

  test('findings name the line that asked for them', () => {
    expect(judged(nights(40, leaking), {keys: 'fail'})[0]?.origin).toBe('restore-drill.yml:12');
    expect(judged(nights(40, leaking))[0]?.origin).toBe('history');
  });

  test('records that cannot be read are told, whatever else there is', () => {
    const unreadable = [{name: 'sessions/a.json', because: 'it is empty'}];
    const findings = judgeTrends(nightly(0), {records: [], unreadable}, NO_TREND_POLICY);
    expect(findings).toContainEqual(
      expect.objectContaining({
        rule: 'trend/unreadable-records',
        status: 'fail',
        severity: 'warning',
        message: 'records of earlier drills cannot be read: sessions/a.json: it is empty',
      }),
    );
  });
});

const later = (record: HistoryRecord, hours: number): HistoryRecord => {
  const at = (time: string) => new Date(Date.parse(time) + hours * 3_600_000).toISOString();
  return {...record, startedAt: at(record.startedAt), finishedAt: at(record.finishedAt)};
};

describe('a report with its trends', () => {
  const remembered = (records: HistoryRecord[]) => ({
    backup: 'sessions',
    earlier: {records: records.toReversed(), unreadable: []},
    trend: NO_TREND_POLICY,
  });
  const report = (keys: number, overrides = {}) =>
    aReport({
      startedAt: night(39),
      finishedAt: night(39),
      inspection: anInspection({dataset: aDataset({keys, expires: 0})}),
      ...overrides,
    });

  test('fails where one does, though the drill by itself passed', () => {
    const judged = withTrends(report(9_000), remembered(nights(39)));
    expect(judged.outcome).toBe('failed');
    expect(judged.findings[0]).toMatchObject({rule: 'trend/keys-falling', severity: 'error'});
    expect(withTrends(report(10_000), remembered(nights(39))).outcome).toBe('passed');
  });

  test('has the last nights, this one last', () => {
    const {trends} = withTrends(report(10_000), remembered(nights(39)));
    const keys = trends?.find(({what}) => what === 'keys');
    expect(keys).toEqual({what: 'keys', values: Array(21).fill(10_000), usual: 10_000});
  });

  test('of a drill that was not held is as it was', () => {
    const error = {code: 'server/stalled', message: '', hint: ''} as const;
    const held = report(1, {outcome: 'not-run', error});
    expect(withTrends(held, remembered(nights(39)))).toBe(held);
  });

  test('says where the history could not be read that there is no trend', () => {
    const judged = withTrends(report(10_000), {...remembered([]), earlier: null});
    expect(judged.findings).toContainEqual(
      expect.objectContaining({rule: 'trend/steady', status: 'skipped', severity: 'warning'}),
    );
    expect(judged.findings).toContainEqual(aFinding());
  });
});
