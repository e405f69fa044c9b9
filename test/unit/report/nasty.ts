/** Reports in which every text that may come from outside is what a test wants it to be, and texts that mean harm. */

import type {DrillReport} from '../../../src/report/drill-report.ts';
import {aFinding, anInspection, aReport, aServer} from '../../builders.ts';
import {fc} from '../../property.ts';

const MARKUP = [
  ...['\n', '\r', '\u2028', '\x1b[2J', '\u202e', ' ', '    ', '\\', '&', '&amp;', '&#64;', '\u00a0', '…'],
  ...['::', '##[error]', '::set-output name=outcome::passed', 'PASSED  x'],
  ...[
    '|',
    '`',
    '``',
    '*',
    '**',
    '_',
    '~~',
    '~',
    '#',
    '# ',
    '- ',
    '+ ',
    '1. ',
    '> ',
    '=',
    '===',
    '[ ] ',
    '---',
    '$',
    '$$',
  ],
  ...[
    '<',
    '>',
    '<b>',
    '</details>',
    '</code>',
    '<!--',
    '-->',
    '<img src=x onerror=x>',
    '<script>',
    '<pre>',
    '</pre>',
  ],
  ...[
    '[a](http://evil.example)',
    '![a](http://evil.example/a.png)',
    '[a]: http://evil.example',
    '[^1]',
    '[',
    ']',
    '(',
    ')',
  ],
  ...[
    'http://evil.example',
    'HTTPS://evil.example',
    'www.evil.example',
    'a@evil.example',
    'mailto:a@evil.example',
  ],
  ...[
    '@octocat',
    '@org/team',
    '@',
    '#123',
    'GH-7',
    'owner/repo#9',
    ':tada:',
    ':+1:',
    ':',
    '<http://evil.example>',
  ],
];

/** Markup of all kinds in any order, with anything in between. */
export const NASTY = fc
  .array(fc.oneof(fc.string({unit: 'binary', maxLength: 8}), fc.constantFrom(...MARKUP)), {maxLength: 6})
  .map(parts => parts.join(''));

export function reportSaying(say: (what: string) => string, outcome: DrillReport['outcome']): DrillReport {
  const finding = (status: 'fail' | 'skipped' | 'pass') =>
    aFinding({
      // In capitals, so that it is never a rule that could be linked.
      rule: say('RULE'),
      status,
      message: say('message'),
      expected: say('expected'),
      actual: say('actual'),
      hint: `Do ${say('hint')}`,
      origin: `at ${say('origin')}`,
    });
  const side = {source: say('source'), value: say('value')};
  const line = (status: 'balanced' | 'unbalanced' | 'skipped') =>
    ({name: say('name'), left: side, right: side, status, because: say('because')}) as const;
  const problems = ['', say('problem')].map(origin => ({origin, message: say('message')}));
  const error = {
    code: 'config/invalid',
    message: say('error'),
    hint: say('hint'),
    problems,
    // Its line ends are its own.
    stack: say('stack').replace(/[\r\n]/g, ''),
  } as const;
  const {backup} = aReport();
  return aReport({
    outcome,
    ...(outcome !== 'passed' && {error}),
    backup: {...backup!, name: say('backup'), location: say('location')},
    inspection: anInspection({
      createdAt: say('time'),
      producer: {product: 'redis', version: say('version')},
    }),
    server: aServer({image: say('image'), line: say('line'), version: say('7.0'), because: say('because')}),
    ledger: [line('balanced'), line('unbalanced'), line('skipped')],
    findings: [finding('fail'), finding('skipped'), finding('pass')],
  });
}
