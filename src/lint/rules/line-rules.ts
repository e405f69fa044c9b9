/**
 * What is wrong with single lines: unknown to the version, refused or passed over by it, or taking away the commands that
 * a backup needs. In: a reading. Out: issues at those lines. What cannot be told, because a template decides it, is a
 * note: silence would look like consent.
 */
import {confText} from '../../redis/conf.ts';
import type {Issue, LintSeverity, Reading} from '../finding.ts';
import {isTemplated, type Place, type Setting} from '../setting.ts';

/** Without them no tool takes a backup or learns of it. */
const NEEDED = ['bgsave', 'lastsave', 'config', 'info', 'sync', 'psync', 'replconf', 'save', 'bgrewriteaof'];
/** Values that decide what lint judges. */
const TELLING = [
  'save',
  'appendonly',
  'appendfsync',
  'no-appendfsync-on-rewrite',
  'maxmemory-policy',
  'dir',
  'dbfilename',
];

type Said = Pick<Issue, 'rule' | 'severity' | 'message' | 'fix' | 'subject'>;

const at = ({file, line, column}: Place, said: Said): Issue => ({
  ...said,
  place: {file, line, column},
  measure: 1,
  byDefault: false,
});

export function lineIssues(reading: Reading): Issue[] {
  const {configuration, effective} = reading;
  return [
    ...effective.unknown.map(setting => unknownDirective(setting, reading)),
    ...effective.refused.map(({setting, because}) =>
      at(setting, {
        rule: 'lint/refused-value',
        severity: 'error',
        message: `${setting.name} ${because}: the server does not start`,
        fix: 'Write a value that the server takes. A comment needs a line of its own.',
        subject: setting.name,
      }),
    ),
    ...effective.ignored.map(setting =>
      at(setting, {
        rule: 'lint/save-line-ignored',
        severity: 'error',
        message: `Redis ${effective.table.line} passes over this line without a word: it takes one pair of numbers`,
        fix: 'One pair a line, and comments on lines of their own.',
        subject: setting.args.join(' '),
      }),
    ),
    ...configuration.unreadable.map(({because, ...place}) =>
      at(place, {
        rule: 'lint/unreadable-line',
        severity: 'error',
        message: `${because}: the server does not start`,
        fix: 'Close every quote, with a space or the end of the line behind it.',
        subject: because,
      }),
    ),
    ...renamed(configuration.settings),
    ...untold(reading),
  ];
}

function unknownDirective(setting: Setting, {version, effective, configuration}: Reading): Issue {
  const {product, line} = configuration.target ?? effective.table;
  const of = version === 'unknown' ? 'every server that lint knows' : `${product} ${line}`;
  const severity: LintSeverity = {exact: 'error', between: 'warning', unknown: 'note'}[
    version
  ] as LintSeverity;
  return at(setting, {
    rule: 'lint/unknown-directive',
    severity: isTemplated(setting.name) ? 'note' : severity,
    message: `${JSON.stringify(setting.name)} is unknown to ${of}${version === 'exact' ? ': it does not start' : ''}`,
    fix: 'Is it misspelt, or of another version? Name the version with lint.server in restore-drill.yml.',
    subject: setting.name,
  });
}

function renamed(settings: readonly Setting[]): Issue[] {
  return settings
    .filter(({name, args}) => name === 'rename-command' && NEEDED.includes(args[0]?.toLowerCase() ?? ''))
    .map(setting => {
      const command = confText(setting.args[0]!).toUpperCase();
      return at(setting, {
        rule: 'lint/backup-command-renamed',
        severity: 'warning',
        message: `${command} is ${setting.args[1] === '' ? 'taken away' : 'renamed'}: jobs that take or watch backups fail without it`,
        fix: 'Use ACL rules, which forbid a command to some users only.',
        subject: command,
      });
    });
}

function untold({configuration, effective}: Reading): Issue[] {
  const values = TELLING.flatMap(name => {
    const value = effective.values.get(name);
    return value?.text === null && value.from !== null ? [{name, from: value.from}] : [];
  });
  return [
    ...values.map(({name, from}) =>
      at(from, {
        rule: 'lint/value-not-known',
        severity: 'note',
        message: `a template decides ${name}: nothing is said of it here`,
        fix: 'Lint the rendered file, or what CONFIG GET says.',
        subject: name,
      }),
    ),
    ...configuration.open.slice(0, 1).map(({because, ...place}) =>
      at(place, {
        rule: 'lint/value-not-known',
        severity: 'note',
        message: `${because}: values that are not set in what can be read are not judged`,
        fix: 'Lint the rendered file, or what CONFIG GET says.',
        subject: 'open',
      }),
    ),
  ];
}
