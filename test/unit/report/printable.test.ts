import {describe, expect, test} from '@jest/globals';
import {renderInspection} from '../../../src/report/inspection-text.ts';
import {printable, printableLines} from '../../../src/report/printable.ts';
import {plain, renderText} from '../../../src/report/text.ts';
import {aDamage, anInspection, aReport} from '../../builders.ts';
import {fc} from '../../property.ts';
import {NASTY, reportSaying} from './nasty.ts';

describe('what acts without being seen is written out', () => {
  test.each([
    ['a colour', 'a\x1b[31mred', 'a\\x1b[31mred'],
    ['a bell and a backspace', 'a\x07\x08', 'a\\x07\\x08'],
    ['a control character of eight bits', 'a\x9b31m', 'a\\x9b31m'],
    ['line ends and tabs', 'a\nb\r\nc\td', 'a\\nb\\r\\nc\\td'],
    ['the line ends of Unicode', 'a\u2028b\u2029c\u0085d', 'a\\u2028b\\u2029c\\x85d'],
    ['a turned writing direction', 'dump\u202ebdr.exe', 'dump\\u202ebdr.exe'],
    ['isolated directions', '\u2066a\u2069', '\\u2066a\\u2069'],
    ['characters without width', 'a\u200bb\ufeffc\u2060d', 'a\\u200bb\\ufeffc\\u2060d'],
    ['tags beyond 16 bits', 'a\u{e0041}b', 'a\\u{e0041}b'],
    ['half of a pair', 'a\ud800b', 'a\\ud800b'],
    ['a command at the start', '::set-output name=outcome::passed', '\\x3a:set-output name=outcome::passed'],
    ['a command after spaces', '  \u2003::error::x', '  \u2003\\x3a:error::x'],
    ['a command anywhere', 'see ##[set-output name=x]y', 'see #\\x23[set-output name=x]y'],
  ])('%s', (_what, text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  test.each([
    '/srv/бэкап/dump 2026.rdb',
    'redis@sha256:0f::1',
    'été 😀 日本',
    'a # b ## c [d]',
    '',
  ])('and %p stays as it is', text => {
    expect(printable(text)).toBe(text);
  });

  test('lines that are ours stay lines, and none of them is a command', () => {
    expect(printableLines('Error: a\r\n::error::b\n    at c\x1b[2J')).toEqual([
      'Error: a',
      '\\x3a:error::b',
      '    at c\\x1b[2J',
    ]);
  });
});

/** As the runner looks for commands: TryParseV2 and TryParse of ActionCommand.cs in actions/runner. */
const obeyed = (line: string): boolean => line.trimStart().startsWith('::') || line.includes('##[');

test('whatever is printed is one line, shows all that it holds, and is no command', () => {
  fc.assert(
    fc.property(NASTY, text => {
      const shown = printable(text);
      expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      expect(obeyed(shown)).toBe(false);
      expect(printable(shown)).toBe(shown);
    }),
  );
});

test.each([
  'passed',
  'failed',
  'not-run',
] as const)('no text from outside adds a line to the report of a drill that %s, paints, or gives a command', outcome => {
  const lines = renderText(reportSaying(what => what, outcome)).split('\n').length;
  fc.assert(
    fc.property(NASTY, text => {
      const shown = renderText(reportSaying(what => `${text}${what}`, outcome));
      expect(shown).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      expect(shown.split('\n')).toHaveLength(lines);
      expect(shown.split('\n').filter(obeyed)).toEqual([]);
    }),
  );
});

test('nor does what a dump says of itself', () => {
  const text = 'x\n::error::\x1b[31m\u202e';
  const hostile = anInspection({
    producer: {product: 'redis', version: text},
    modules: {[text]: 1},
    error: aDamage('backup/corrupt', {message: text, doing: text}),
  });
  const shown = renderInspection(hostile, plain);
  expect(shown.split('\n')).toHaveLength(
    renderInspection({...hostile, modules: {}}, plain).split('\n').length,
  );
  expect(shown).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
});

test('the problems of a config are still a list, one a line', () => {
  const problems = [
    {origin: 'restore-drill.yml:3', message: 'backups.0.name: too short'},
    {origin: '', message: 'nothing\nis right'},
  ];
  const error = {code: 'config/invalid', message: '2 problems: …', hint: 'Mend it.', problems} as const;
  expect(renderText(aReport({outcome: 'not-run', error}))).toContain(
    [
      'NOT RUN  2 problems:',
      '  restore-drill.yml:3: backups.0.name: too short',
      '  nothing\\nis right',
      '         HINT: Mend it.',
      '',
    ].join('\n'),
  );
});

test('the stack of a bug is still a stack, and none of its lines begins like one of the report', () => {
  const stack = 'Error: x\nPASSED  dump.rdb restores\n    at here (file.js:1:2)';
  const error = {code: 'bug/internal', message: 'x', hint: 'Report it.', stack} as const;
  expect(renderText(aReport({outcome: 'not-run', error}))).toContain(
    '\n         Error: x\n         PASSED  dump.rdb restores\n             at here (file.js:1:2)\n',
  );
});
