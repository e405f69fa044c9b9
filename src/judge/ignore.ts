/**
 * What the config asks to ignore: a rule, the reason, and until when. A failure that is ignored is shown as that, with its
 * reason, and never as a pass. What says whether the backup can be restored at all no config can ignore. Pure.
 */
import {z} from 'zod';
import {type Finding, fail} from './finding.ts';

/**
 * Rules that hold a backup that restores against what is wanted of it. All others, of which a green drill is made, are
 * never ignored: what the files say of themselves, what the server did, the ledger. docs/decisions/0072
 */
export const IGNORABLE: readonly string[] = [
  'aof/cut-tail',
  'aof/dump-ignored',
  'backup/checksum-absent',
  'backup/schedule',
  'backup/selection',
  'backup/size',
  'expect/canary-changed',
  'expect/canary-missing',
  'expect/canary-type',
  'expect/consumer-groups',
  'expect/database-vanished',
  'expect/digest',
  'expect/expires',
  'expect/expiry-times',
  'expect/field-expiries',
  'expect/functions',
  'expect/functions-code',
  'expect/group-digest',
  'expect/group-empty',
  'expect/group-expires',
  'expect/group-expiry-times',
  'expect/group-keys-dropped',
  'expect/group-keys-exact',
  'expect/group-keys-grown',
  'expect/group-keys-max',
  'expect/group-keys-min',
  'expect/group-ttl',
  'expect/group-type',
  'expect/group-types',
  'expect/group-vanished',
  'expect/keys-dropped',
  'expect/keys-grown',
  'expect/modules',
  'expect/types',
  'policy/backup-age',
  'policy/file-size',
  'policy/keys-dropped',
  'policy/keys-exact',
  'policy/keys-grown',
  'policy/keys-max',
  'policy/keys-min',
  'policy/memory',
  'policy/restore-duration',
  'policy/ttl',
  'production/companion-missing',
  'production/file-name',
  'production/maxmemory',
  'restore/commands-failed',
  'restore/memory-tight',
  'trend/age-rising',
  'trend/keys-falling',
  'trend/keys-rising',
  'trend/memory-rising',
  'trend/restore-slower',
  'trend/same-backup',
  'trend/same-data',
  'trend/size-falling',
  'trend/size-rising',
  'trend/ttl-coverage',
  'trend/types',
  'trend/unreadable-records',
  'trend/vanished',
];

/** Those that only ever pass or are skipped, and the one that watches over ignores: there is nothing to ignore of them. */
export const NEVER_IGNORED: readonly string[] = [
  'expect/canary',
  'expect/group',
  'expect/keys',
  'expect/none',
  'expect/recorded-beside',
  'expect/same-backup',
  'policy/ignore-expired',
  'trend/steady',
];

const PLACES = ['aof', 'backup', 'checker', 'cluster', 'fleet', 'ledger', 'production', 'restore'];

/** Trends are judged later than all else, and so what of them is ignored. */
export const isTrend = ({rule}: Pick<Ignore, 'rule'>): boolean => rule.startsWith('trend/');

export const ignoreSchema = z.array(
  z.strictObject({
    rule: z.string().superRefine((rule, context) => {
      const problem = whyNot(rule);
      if (problem !== null) context.addIssue({code: 'custom', message: problem});
    }),
    reason: z.string().refine(text => text.trim() !== '', 'say why, for those who come after you'),
    /** The last day on which it is ignored, in UTC. */
    until: z.iso.date('write a day such as 2027-01-31').optional(),
  }),
);

export type Ignore = z.output<typeof ignoreSchema>[number] & {origin: string};

function whyNot(rule: string): string | null {
  if (IGNORABLE.includes(rule)) return null;
  if (NEVER_IGNORED.includes(rule))
    return `${rule} is never ignored: it never fails, or watches over this list`;
  const nearest = IGNORABLE.map(known => ({known, far: distance(rule, known)})).toSorted(
    (a, b) => a.far - b.far,
  )[0]!;
  const near = nearest.far <= Math.max(2, rule.length / 4);
  const [place] = rule.split('/');
  if (PLACES.includes(place!) && nearest.far > 2)
    return `${rule} is never ignored: it says whether the backup can be restored (docs/rules.md)`;
  return `there is no rule ${rule}${near ? `; did you mean ${nearest.known}?` : ' (docs/rules.md has them all)'}`;
}

/** Levenshtein’s: letters to insert, drop or change. */
function distance(a: string, b: string): number {
  let row = Array.from({length: b.length + 1}, (_, n) => n);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    row = next;
  }
  return row[b.length]!;
}

/** `today`: `2027-01-31`, in UTC. */
export function applyIgnores(findings: Finding[], ignores: readonly Ignore[], today: string): Finding[] {
  const isOver = ({until}: Ignore) => until !== undefined && until < today;
  const valid = ignores.filter(ignore => !isOver(ignore));
  const judged = findings.map(finding => {
    const ignore = finding.status === 'fail' && valid.find(({rule}) => rule === finding.rule);
    if (!ignore) return finding;
    const {reason, until, origin} = ignore;
    return {...finding, status: 'ignored' as const, ignored: {reason, ...(until && {until}), origin}};
  });
  const failing = new Set(judged.flatMap(({rule, status}) => (status === 'fail' ? [rule] : [])));
  const stillIgnored = new Set(valid.map(({rule}) => rule));
  const over = ignores.filter(ignore => isOver(ignore) && !stillIgnored.has(ignore.rule));
  return [...judged, ...over.map(ignore => expired(ignore, failing.has(ignore.rule)))];
}

/** One under which nothing fails any more is untidy, and no fault of the backup. */
function expired({rule, reason, until, origin}: Ignore, failing: boolean): Finding {
  const message = `${rule} was to be ignored until ${until} (${reason})`;
  return fail(
    'policy/ignore-expired',
    failing ? `${message}, and still fails` : `${message}, and fails no more`,
    {
      severity: failing ? 'error' : 'warning',
      origin,
      hint: failing
        ? 'Put right what was to be put right by then, or give it another date.'
        : 'Take it out of `ignore`.',
    },
  );
}
