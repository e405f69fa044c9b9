import {describe, expect, test} from '@jest/globals';
import {annotationsOf} from '../../../src/report/annotations.ts';
import {aFinding, aReport} from '../../builders.ts';

type Overrides = Parameters<typeof aFinding>[0];
const failing = (overrides: Overrides = {}) =>
  aFinding({status: 'fail', message: 'keys are gone', hint: 'Look for them.', ...overrides});
const failed = (...findings: ReturnType<typeof aFinding>[]) => aReport({outcome: 'failed', findings});
const notRun = (error: NonNullable<ReturnType<typeof aReport>['error']>) =>
  aReport({outcome: 'not-run', error, census: null, server: null, findings: [failing()]});

test('a drill that passed has none', () => {
  expect(annotationsOf(aReport())).toEqual([]);
});

describe('a failed check', () => {
  test('says what is wrong, what was expected, what to do, and where that was written', () => {
    const finding = failing({
      rule: 'policy/keys-dropped',
      expected: 1000,
      actual: 800,
      origin: 'restore-drill.yml:12',
    });
    expect(annotationsOf(failed(finding))).toEqual([
      {
        level: 'error',
        title: 'Restore drill: policy/keys-dropped',
        message: 'keys are gone\nexpected 1,000, found 800\nHINT: Look for them.',
        file: 'restore-drill.yml',
        line: 12,
      },
    ]);
  });

  test('is an error, a warning or nothing by its severity; errors come first', () => {
    const severities = ['note', 'warning', 'error', 'warning'] as const;
    const levels = annotationsOf(failed(...severities.map(severity => failing({severity})))).map(
      ({level}) => level,
    );
    expect(levels).toEqual(['error', 'warning', 'warning']);
  });

  test('without a number says none, and without a hint gives none', () => {
    expect(annotationsOf(failed(failing({hint: ''})))[0]!.message).toBe('keys are gone');
  });
});

describe('a skipped check', () => {
  const levelOf = (overrides: Overrides) =>
    annotationsOf(failed(aFinding({status: 'skipped', ...overrides}))).map(({level}) => level);

  test('is one level milder than a failed one', () => {
    expect(levelOf({severity: 'error'})).toEqual(['warning']);
    expect(levelOf({severity: 'warning'})).toEqual(['notice']);
    expect(levelOf({severity: 'note'})).toEqual([]);
  });

  test('of the ledger is in the ledger', () => {
    expect(levelOf({severity: 'warning', origin: 'ledger'})).toEqual([]);
  });
});

test.each([
  ['restore-drill.yml:12', {file: 'restore-drill.yml', line: 12}],
  ['.github/drills/my drill.yaml:3', {file: '.github/drills/my drill.yaml', line: 3}],
  ['./restore-drill.yml:12', {file: 'restore-drill.yml', line: 12}],
  ['././/.restore-drill/sessions.json', {file: '.restore-drill/sessions.json'}],
  ['drill:7', {file: 'drill', line: 7}],
  ['expected.json: databases.0.keys', {file: 'expected.json'}],
  ['.restore-drill/sessions.json', {file: '.restore-drill/sessions.json'}],
  ['expectations: dataset.keys', {}],
  ['command line', {}],
  ['--set expect.keys.min', {}],
  ['--set expect.file=a.json', {}],
  ['--expect', {}],
  ['ledger', {}],
  ['inspect', {}],
  ['source', {}],
  ['', {}],
  ['a\n.yml:3', {}],
])('the origin %p is at %p', (origin, place) => {
  const {file, line} = annotationsOf(failed(failing({origin})))[0]!;
  expect({...(file !== undefined && {file}), ...(line !== undefined && {line})}).toEqual(place);
});

describe('a drill that was not held', () => {
  test('is one error, with its hint; what single checks found means nothing then', () => {
    const error = {code: 'server/unavailable', message: 'no server', hint: 'Start Docker.'} as const;
    expect(annotationsOf(notRun(error))).toEqual([
      {
        level: 'error',
        title: 'Restore drill not run: server/unavailable',
        message: 'no server\nHINT: Start Docker.',
      },
    ]);
  });

  test('for a wrong config is an error a problem, at its line', () => {
    const problems = [
      {origin: 'restore-drill.yml:3', message: 'name: too short'},
      {origin: '--server', message: 'server.kind: no such kind'},
    ];
    const error = {code: 'config/invalid', message: '2 problems: …', hint: 'Mend it.', problems} as const;
    const title = 'Restore drill not run: config/invalid';
    expect(annotationsOf(notRun(error))).toEqual([
      {
        level: 'error',
        title,
        message: 'name: too short\nHINT: Mend it.',
        file: 'restore-drill.yml',
        line: 3,
      },
      {level: 'error', title, message: '--server: server.kind: no such kind\nHINT: Mend it.'},
    ]);
  });

  test('because somebody cancelled it is no error', () => {
    const error = {code: 'cancelled', message: 'the drill was cancelled', hint: 'Start it again.'} as const;
    expect(annotationsOf(notRun(error))).toEqual([
      {
        level: 'notice',
        title: 'Restore drill cancelled',
        message: 'the drill was cancelled\nHINT: Start it again.',
      },
    ]);
  });

  test('because the file alone fails it is its errors, and a warning that there was no server', () => {
    const error = {code: 'server/unavailable', message: 'no server', hint: 'Start Docker.'} as const;
    expect(annotationsOf({...failed(failing()), error}).map(({level, title}) => [level, title])).toEqual([
      ['error', 'Restore drill: restore/loaded'],
      ['warning', 'Restore drill: server/unavailable'],
    ]);
  });
});

describe('of each level GitHub shows ten', () => {
  const many = (n: number, overrides: Overrides = {}) => Array.from({length: n}, () => failing(overrides));

  test('ten are shown as they are', () => {
    expect(annotationsOf(failed(...many(10))).map(({title}) => title)).not.toContainEqual(
      expect.stringContaining('more'),
    );
  });

  test('of eleven the tenth says that there are two more, and where', () => {
    const annotations = annotationsOf(failed(...many(11), ...many(3, {severity: 'warning'})));
    expect(annotations.map(({level}) => level)).toEqual([
      ...Array(10).fill('error'),
      ...Array(3).fill('warning'),
    ]);
    expect(annotations[9]).toEqual({
      level: 'error',
      title: 'Restore drill: 2 more errors',
      message: '2 more errors are not shown here: the job summary and the report have them.',
    });
  });

  test('of 200,000 too', () => {
    const annotations = annotationsOf(aReport({outcome: 'failed', findings: many(200_000)}));
    expect(annotations).toHaveLength(10);
    expect(annotations[9]!.message).toMatch(/^199,991 more errors/);
  });
});

test('nothing from outside adds a line to an annotation', () => {
  const text = 'a\n::error::b\x1b[31m\u202e';
  const finding = failing({message: text, expected: text, actual: text, hint: text, origin: text});
  const {message} = annotationsOf(failed(finding))[0]!;
  expect(message.split('\n')).toHaveLength(3);
  expect(message).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
});
