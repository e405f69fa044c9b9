import {describe, expect, test} from '@jest/globals';
import {type Ignore, ignoreSchema} from '../../../src/judge/ignore.ts';
import {type Evidence, judge} from '../../../src/judge/judge.ts';
import {annotationsOf} from '../../../src/report/annotations.ts';
import {renderMarkdown} from '../../../src/report/markdown.ts';
import {renderText} from '../../../src/report/text.ts';
import {aCensus, aLoad, anInspection, anUnpacked, aPolicy, aReport} from '../../builders.ts';

const evidence: Evidence = {
  now: '2027-01-31T23:59:59.000Z',
  unpacked: anUnpacked(),
  inspection: anInspection(),
  load: aLoad(),
  census: aCensus(),
};
/** Three keys are there. */
const TOO_FEW = {keys: {min: 10}};
const ignoring = (...ignores: Partial<Ignore>[]) => ({
  ...aPolicy(TOO_FEW),
  ignores: ignores.map(one => ({
    rule: 'policy/keys-min',
    reason: 'moved, OPS-1234',
    origin: 'restore-drill.yml:9',
    ...one,
  })),
});
const short = (policy: ReturnType<typeof ignoring>) => {
  const {outcome, findings} = judge(evidence, null, policy);
  const told = findings.filter(({status}) => status === 'fail' || status === 'ignored');
  return [outcome, ...told.map(({status, severity, rule}) => `${status} ${severity} ${rule}`)];
};

const IGNORED = ['passed', 'ignored error policy/keys-min'];
const EXPIRED = ['failed', 'fail error policy/keys-min', 'fail error policy/ignore-expired'];

describe('a failure that is to be ignored', () => {
  test.each<[string, Partial<Ignore>[], string[]]>([
    ['without an end', [{}], IGNORED],
    ['until tomorrow', [{until: '2027-02-01'}], IGNORED],
    ['until today, which is not over', [{until: '2027-01-31'}], IGNORED],
    ['until yesterday', [{until: '2027-01-30'}], EXPIRED],
    ['until last year', [{until: '2026-12-31'}], EXPIRED],
    ['once expired and once not', [{until: '2027-01-30'}, {until: '2027-02-28'}], IGNORED],
    ['of another rule', [{rule: 'policy/keys-max'}], ['failed', 'fail error policy/keys-min']],
    ['not at all', [], ['failed', 'fail error policy/keys-min']],
    [
      'of another rule, expired, under which nothing fails',
      [{}, {rule: 'policy/keys-max', until: '2027-01-30'}],
      ['passed', 'fail warning policy/ignore-expired', 'ignored error policy/keys-min'],
    ],
  ])('%s', (_what, ignores, expected) => {
    expect(short(ignoring(...ignores))).toEqual(expected);
  });

  test('what was not proved stays not proved: nothing failed there', () => {
    const policy = {
      ...aPolicy({digest: 'exact'}),
      ignores: [{rule: 'expect/digest', reason: 'x', origin: 'y'}],
    };
    expect(judge(evidence, null, policy)).toMatchObject({
      outcome: 'not-run',
      error: {code: 'verdict/unproven'},
    });
  });

  test('is told wherever a report is, with its reason, and as no pass', () => {
    const {outcome, findings} = judge(evidence, null, ignoring({until: '2027-02-01'}));
    const report = aReport({outcome, findings});
    const text = renderText(report);
    expect(text.split('\n')[0]).toMatch(/^PASSED .*; 1 failed check ignored$/);
    expect(text).toMatch(/IGNORED the dataset holds 3 keys, at least 10 are asked for/);
    expect(text).toContain('ignored until 2027-02-01: moved, OPS-1234 (restore-drill.yml:9)');
    const markdown = renderMarkdown(report, {maxBytes: 100_000});
    expect(markdown).toMatch(/Failed, and ignored[\s\S]*at least 10 are asked for[\s\S]*OPS.?-.?1234/);
    expect(annotationsOf(report)).toContainEqual(
      expect.objectContaining({
        level: 'notice',
        title: 'Ignored: policy/keys-min',
        file: 'restore-drill.yml',
        line: 9,
      }),
    );
  });
});

describe('what may be written', () => {
  const problem = (one: object): string =>
    ignoreSchema.safeParse([{rule: 'policy/keys-min', reason: 'x', ...one}]).error?.issues[0]?.message ??
    'none';

  test.each<[object, string | RegExp]>([
    [{}, 'none'],
    [{until: '2027-01-31'}, 'none'],
    [{until: '2027-02-30'}, 'write a day such as 2027-01-31'],
    [{until: 'soon'}, 'write a day such as 2027-01-31'],
    [{reason: ''}, /say why/],
    [{reason: '  '}, /say why/],
    [{reason: undefined}, /expected string/],
    [{rule: 'policy/keys-mim'}, 'there is no rule policy/keys-mim; did you mean policy/keys-min?'],
    [{rule: 'keys-min'}, /there is no rule keys-min/],
    [{rule: 'expect/group-vanish'}, /did you mean expect\/group-vanished\?$/],
    [{rule: 'backup/sise'}, 'there is no rule backup/sise; did you mean backup/size?'],
    [{rule: 'nonsense'}, /there is no rule nonsense \(docs\/rules\.md has them all\)/],
    [{rule: ''}, /there is no rule/],
  ])('%j: %s', (one, words) => {
    if (typeof words === 'string') expect(problem(one)).toBe(words);
    else expect(problem(one)).toMatch(words);
  });

  test.each([
    'ledger/digest',
    'ledger/keys-loaded',
    'backup/truncated',
    'backup/missing',
    'backup/checksum-mismatch',
    'backup/clock-skew',
    'aof/corrupt',
    'restore/silent-empty',
    'restore/evicted',
    'production/evicted',
    'policy/ignore-expired',
  ])('%s says whether the backup can be restored, or watches over this list: never ignored', rule => {
    expect(problem({rule})).toMatch(/is never ignored/);
  });
});
