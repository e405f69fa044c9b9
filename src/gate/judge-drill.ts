/** The one drill that decides about a backup, against every demand: all that is wrong with it is said at once. Pure. */
import {assertNever} from '../errors.ts';
import type {HistoryRecord} from '../history/record.ts';
import {type Finding, fail, pass} from '../judge/finding.ts';
import {inWords} from '../judge/freshness.ts';
import type {Demands} from './demands.ts';
import type {Run} from './witness.ts';

/** Clocks are never all right; more than this is no longer chance. */
const SKEW_MS = 5 * 60_000;
const DAY_MS = 86_400_000;

export type Deciding = {
  record: HistoryRecord;
  /** On which it was to be drilled, for messages. */
  server: string | null;
  /** `null`: not asked for, or the run that asks. */
  run: Run | null;
};

export function judgeDrill(deciding: Deciding, demands: Demands, now: Date): Finding[] {
  const {record} = deciding;
  const name = deciding.server === null ? record.backup : `${record.backup} on ${deciding.server}`;
  const ahead = Date.parse(record.finishedAt) - now.getTime();
  if (ahead > SKEW_MS) return [fromFuture(name, record.finishedAt, now)];
  const nonsense = contradiction(record);
  if (nonsense !== null) {
    return [
      fail('gate/implausible', `${name}: the record of its newest drill contradicts itself: ${nonsense}`, {
        origin: 'history',
        hint: 'No drill leaves such a record. Who can write to the history? Hold a new drill.',
      }),
    ];
  }
  return [
    judgeOutcome(name, record),
    judgeAge(name, record, demands, now),
    // Of a drill that did not pass nothing else is to be told.
    ...(record.outcome === 'passed'
      ? [
          ...judgeDepth(name, record, demands),
          ...judgeBackupAge(name, record, demands, now),
          ...judgeRun(name, deciding),
        ]
      : []),
  ];
}

/** `9 days`; hours where that is less than two. */
export const inDays = (ms: number): string =>
  ms < 2 * DAY_MS ? inWords(ms) : `${Math.floor(ms / DAY_MS)} days`;

const fromFuture = (name: string, at: string, now: Date): Finding =>
  fail(
    'gate/clock-skew',
    `${name}: its newest drill is ${inWords(Date.parse(at) - now.getTime())} in the future`,
    {
      expected: now.toISOString(),
      actual: at,
      origin: 'history',
      hint: 'A clock is wrong, of the machine that drilled or of this one: until that is put right, no age means anything.',
    },
  );

/** What no drill of ours says of itself. */
function contradiction({
  outcome,
  error,
  failed,
  artifact,
  server,
  dataset,
  startedAt,
  finishedAt,
}: HistoryRecord) {
  if (Date.parse(finishedAt) < Date.parse(startedAt)) return 'it ended before it began';
  if (outcome !== 'passed') return null;
  if (error !== undefined) return 'passed, with an error';
  if (failed.length > 0) return 'passed, with checks that failed';
  if (artifact === null) return 'passed, without a backup';
  if (server === null) return 'passed, without a server';
  return dataset === null ? 'passed, without a dataset' : null;
}

function judgeOutcome(name: string, {outcome, failed, error}: HistoryRecord): Finding {
  const rule = 'gate/drill-outcome';
  const parts = {expected: 'passed', actual: outcome, origin: 'history'};
  switch (outcome) {
    case 'passed':
      return pass(rule, `${name}: its newest drill passed`, parts);
    case 'failed': {
      const by = failed.length === 0 ? '' : ` (${failed.join(', ')})`;
      return fail(rule, `${name}: its newest drill failed${by}`, {
        ...parts,
        hint: 'The backup would not bring back what it should. What passed before it does not count: look at the report of that drill.',
      });
    }
    case 'not-run': {
      const by = error === undefined ? '' : ` (${error})`;
      return fail(rule, `${name}: its newest drill was not held${by}`, {
        ...parts,
        hint: 'It has proved nothing, and what it would have found is not known. Start the drill again; docs/troubleshooting.md has a heading for each code.',
      });
    }
    default:
      return assertNever(outcome);
  }
}

function judgeAge(name: string, {finishedAt}: HistoryRecord, {maxAgeMs}: Demands, now: Date): Finding {
  const age = Math.max(0, now.getTime() - Date.parse(finishedAt));
  const parts = {expected: `at most ${inWords(maxAgeMs)}`, actual: inWords(age), origin: '--max-age'};
  if (age <= maxAgeMs) return pass('gate/drill-age', `${name}: it was drilled ${inWords(age)} ago`, parts);
  return fail('gate/drill-age', `${name}: no drill for ${inDays(age)}; ${inWords(maxAgeMs)} is allowed`, {
    ...parts,
    hint: 'Does the nightly drill still run, and does it still drill this backup? Start it by hand and let the gate judge again.',
  });
}

function judgeDepth(name: string, {depth = 'quick'}: HistoryRecord, demands: Demands): Finding[] {
  const parts = {expected: demands.depth, actual: depth, origin: '--depth'};
  if (demands.depth === 'quick') return [];
  if (depth === 'full') return [pass('gate/depth', `${name}: its values were compared`, parts)];
  return [
    fail('gate/depth', `${name}: its newest drill was a quick one, which compares no values`, {
      ...parts,
      hint: 'Hold a full drill before a release, or let quick ones count: `--depth quick`.',
    }),
  ];
}

/** By its own word and by its store's, each by itself: either may be the one that tells. */
function judgeBackupAge(
  name: string,
  {artifact}: HistoryRecord,
  {maxBackupAgeMs}: Demands,
  now: Date,
): Finding[] {
  if (maxBackupAgeMs === null) return [];
  const rule = 'gate/backup-age';
  const parts = {expected: `at most ${inWords(maxBackupAgeMs)}`, origin: '--max-backup-age'};
  const told = [
    {at: Date.parse(artifact?.takenAt ?? ''), word: 'taken'},
    {at: Date.parse(artifact?.modifiedAt ?? ''), word: 'stored'},
  ].filter(({at}) => Number.isFinite(at));
  if (told.length === 0) {
    return [
      fail(rule, `${name}: neither the backup nor its store says when it was made`, {
        ...parts,
        hint: 'Leave `--max-backup-age` out for such a source, or let the producer write a dump, which holds its own time.',
      }),
    ];
  }
  return told.map(({at, word}) => {
    const age = now.getTime() - at;
    const actual = inWords(Math.abs(age));
    if (age < -SKEW_MS) {
      return fail('gate/clock-skew', `${name}: the backup was ${word} ${actual} in the future`, {
        ...parts,
        actual,
        hint: 'A clock is wrong: until that is put right, no age of a backup means anything.',
      });
    }
    if (age <= maxBackupAgeMs)
      return pass(rule, `${name}: the backup was ${word} ${actual} ago`, {...parts, actual});
    return fail(rule, `${name}: the backup that was drilled was ${word} ${actual} ago`, {
      ...parts,
      actual,
      hint: 'The drill is recent, its backup is not: did the last backups run? What was written since then would be lost.',
    });
  });
}

function judgeRun(name: string, {run}: Deciding): Finding[] {
  if (run === null) return [];
  const parts = {expected: 'success', actual: run.conclusion ?? 'not ended', origin: run.url};
  if (run.conclusion === 'success')
    return [pass('gate/run', `${name}: GitHub knows the run, a success`, parts)];
  const how = run.conclusion === null ? 'has not ended yet' : `ended as ${run.conclusion}`;
  return [
    fail('gate/run', `${name}: the run of its newest drill ${how}`, {
      ...parts,
      hint: 'A run counts as a whole: wait for it, or look at what else in it was no success.',
    }),
  ];
}
