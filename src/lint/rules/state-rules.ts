/**
 * What is wrong with a configuration by itself. In: the values that a server would have. Out: issues, each at the line
 * that decides; what a template decides is no issue. A table: one row a rule.
 */
import type {Value} from '../effective.ts';
import type {Issue, LintOptions, LintSeverity, Reading} from '../finding.ts';
import {secondsText} from '../loss.ts';

type Said = {
  severity: LintSeverity;
  message: string;
  fix: string;
  /** The value that decides. */
  at?: Value | undefined;
  measure?: number;
  subject?: string;
};

type Rule = {rule: string; look(text: Look, reading: Reading, options: LintOptions): Said | null};
/** A value that is known; `null` of one that is not, or that this version does not have. */
type Look = (name: string) => string | null;

export function stateIssues(reading: Reading, options: LintOptions): Issue[] {
  const {values} = reading.effective;
  const look: Look = name => values.get(name)?.text ?? null;
  return RULES.flatMap(({rule, look: judge}) => {
    const said = judge(look, reading, options);
    return said === null ? [] : [issue(rule, said, reading)];
  });
}

function issue(
  rule: string,
  {at, measure = 1, subject = '', ...said}: Said,
  {configuration}: Reading,
): Issue {
  const {file, line, column} = at?.from ?? configuration;
  return {rule, ...said, place: {file, line, column}, measure, subject, byDefault: !at?.from};
}

const persists = (look: Look): boolean | null => {
  const [aof, save] = [look('appendonly'), look('save')];
  if (aof === 'yes' || (save !== null && save !== '')) return true;
  return aof === null || save === null ? null : false;
};

const isReplica = (look: Look): boolean => (look('replicaof') ?? '') !== '';

/** A rule of one directive that has one bad value. */
const badValue = (
  rule: string,
  name: string,
  bad: string,
  said: {severity: LintSeverity; message: string; fix: string; when?: (look: Look) => boolean},
): Rule => ({
  rule,
  look: (look, {effective}) => {
    const {when = () => true, ...rest} = said;
    return look(name) === bad && when(look) ? {...rest, at: effective.values.get(name)} : null;
  },
});

const hasAof = (look: Look): boolean => look('appendonly') === 'yes';
const keeps = (look: Look): boolean => persists(look) === true;

const RULES: Rule[] = [
  {
    rule: 'lint/worst-case-loss',
    look: (_, {losses}, {maxLoss}) => {
      const worst = losses.hostCrash;
      if (maxLoss === null || worst === null || worst.seconds <= maxLoss) return null;
      return {
        severity: 'error',
        message: `the worst-case loss is ${secondsText(worst.seconds)} (${worst.because}); ${secondsText(maxLoss)} is allowed`,
        fix: 'Turn on appendonly with appendfsync everysec, or save more often.',
        at: losses.from.find(({from}) => from !== null),
        measure: worst.seconds,
      };
    },
  },
  {
    rule: 'lint/nothing-persisted',
    look: (look, {effective}) =>
      persists(look) !== false
        ? null
        : {
            severity: 'warning',
            message:
              'neither save points nor an append-only file: a restart loses everything, and no backup is written',
            fix: 'Turn on appendonly, or give save points; if this is a cache, say so with restore-drill-ignore.',
            at: effective.values.get('save'),
          },
  },
  badValue('lint/checksum-off', 'rdbchecksum', 'no', {
    severity: 'warning',
    message: 'dumps are written without a checksum: damage to a backup cannot be noticed',
    fix: 'Leave rdbchecksum at yes.',
  }),
  badValue('lint/writes-after-failed-save', 'stop-writes-on-bgsave-error', 'no', {
    severity: 'warning',
    message: 'writes go on when saving fails: dumps can be missing for weeks before anybody notices',
    fix: 'Leave stop-writes-on-bgsave-error at yes, or watch rdb_last_bgsave_status.',
    when: look => (look('save') ?? '') !== '',
  }),
  badValue('lint/truncated-aof-refused', 'aof-load-truncated', 'no', {
    severity: 'note',
    message:
      'the server will not start on an append-only file whose last command is cut, as after a power failure',
    fix: 'Know how to run redis-check-aof --fix before you need it.',
    when: hasAof,
  }),
  badValue('lint/aof-without-preamble', 'aof-use-rdb-preamble', 'no', {
    severity: 'warning',
    message: 'the append-only file is rewritten as commands: slower to load, and without any checksum',
    fix: 'Leave aof-use-rdb-preamble at yes.',
    when: hasAof,
  }),
  badValue('lint/sync-files-deleted', 'rdb-del-sync-files', 'yes', {
    severity: 'warning',
    message:
      'without persistence, dumps that were made for replication are deleted: a backup job may find none',
    fix: 'Set rdb-del-sync-files no where a job copies the dump.',
    when: look => persists(look) === false,
  }),
  {
    rule: 'lint/keys-evicted',
    look: (look, {effective}) => {
      const policy = look('maxmemory-policy');
      const limit = look('maxmemory');
      if (policy === null || limit === null || policy === 'noeviction' || limit === '0') return null;
      const any = policy.startsWith('allkeys');
      return {
        severity: any && keeps(look) ? 'warning' : 'note',
        message: any
          ? `${policy} removes any key when memory is full: what is persisted is less than what was written`
          : `${policy} removes keys with an expiry when memory is full`,
        fix: 'Use noeviction for data that must come back from a backup.',
        at: effective.values.get('maxmemory-policy'),
        // A smaller limit removes more.
        measure: (any ? 2 : 1) + 1 / (1 + Number(limit)),
      };
    },
  },
  {
    rule: 'lint/aof-never-rewritten',
    look: (look, {effective}) =>
      hasAof(look) && look('auto-aof-rewrite-percentage') === '0'
        ? {
            severity: 'warning',
            message:
              'the append-only file is never rewritten by itself: it grows, and so does the time of a restore',
            fix: 'Leave auto-aof-rewrite-percentage at 100, or call BGREWRITEAOF by a job.',
            at: effective.values.get('auto-aof-rewrite-percentage'),
          }
        : null,
  },
  {
    rule: 'lint/shutdown-without-save',
    look: (look, {effective}) => {
      const names = ['shutdown-on-sigterm', 'shutdown-on-sigint'];
      const name = names.find(name => look(name)?.split(' ').includes('nosave'));
      if (name === undefined || hasAof(look) || persists(look) === false) return null;
      return {
        severity: 'warning',
        message: `${name} nosave: every restart loses what was written since the last save`,
        fix: `Leave ${name} at default.`,
        at: effective.values.get(name),
      };
    },
  },
  {
    rule: 'lint/dump-not-written',
    look: (look, {effective}) =>
      hasAof(look) && look('save') === '' && !isReplica(look)
        ? {
            severity: 'note',
            message: 'save points are off: dump.rdb is written only when a job asks for it',
            fix: 'Back up the append-only file, or call BGSAVE and wait before the dump is copied.',
            at: effective.values.get('save'),
          }
        : null,
  },
];
