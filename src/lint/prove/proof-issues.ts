/**
 * What a proof says against a configuration or its change. In: what was observed on real servers. Out: findings at the
 * lines that decide. Pure. Each is said of what was seen; what could not be proved is a note, and no verdict.
 */
import {confText} from '../../redis/conf.ts';
import {number} from '../../report/wording.ts';
import type {Reading} from '../finding.ts';
import type {Summary} from '../lint.ts';
import {secondsText} from '../loss.ts';
import type {Change} from '../rules/change-rules.ts';
import type {Place} from '../setting.ts';
import {type Crash, type Kept, type Proof, type ProvedDeploy, SLACK_SECONDS} from './proof.ts';

export type ProofIssue = Omit<Change, 'direction'> & {direction: Change['direction'] | null};

/** A machine that stood still for longer has measured itself. */
export const STEADY_SECONDS = 0.5;

export function proofIssues(summary: Summary, proof: Proof): ProofIssue[] {
  return [
    ...refusals(summary, proof),
    ...readOtherwise(summary, proof),
    ...lostByDeploys(summary, proof),
    ...predictedOtherwise(summary, proof),
    ...beyondWorstCase(summary, proof),
    ...notProved(summary, proof),
  ];
}

type Said = Omit<ProofIssue, 'place' | 'byDefault'>;

/** At the line that decides most, by the order of the names; else at the configuration itself. */
function at(reading: Reading, names: readonly string[], said: Said): ProofIssue {
  const from = names.map(name => reading.effective.values.get(name)?.from).find(found => found);
  return placed(from ?? null, reading, said);
}

function placed(from: Place | null, {configuration}: Reading, said: Said): ProofIssue {
  const {file, line, column} = from ?? configuration;
  return {...said, place: {file, line, column}, byDefault: from === null};
}

function refusals({head, base}: Summary, {head: side, base: before, headDied}: Proof): ProofIssue[] {
  const worse = base !== null && (before?.refused.length ?? 0) < (side?.refused.length ?? 1);
  const said = (message: string): Said => ({
    rule: 'lint/server-refuses',
    severity: base === null || worse ? 'error' : 'warning',
    direction: base === null ? null : worse ? 'worse' : 'same',
    message,
    fix: 'Start this version with the file before it is deployed.',
  });
  if (headDied !== undefined)
    return [placed(null, head, said(`the server does not start with this configuration: ${headDied}`))];
  return (side?.refused ?? []).map(({place, complaint}) =>
    placed(place, head, said(`${side!.server} does not start with this line: ${complaint}`)),
  );
}

function readOtherwise({head}: Summary, {head: side}: Proof): ProofIssue[] {
  return (side?.otherwise ?? []).map(({name, read, held}) =>
    at(head, [name], {
      rule: 'lint/read-otherwise',
      severity: 'warning',
      direction: null,
      message: `${side!.server} has ${name} ${quoted(held)}, and lint had read ${quoted(read)}: what it says of this configuration may be wrong`,
      fix: 'Believe the server, and report this with the version and the line.',
    }),
  );
}

const quoted = (value: string): string => (value === '' ? '""' : confText(value));

/** What decides which files a server loads. */
const DECIDE_FILES = [
  ...['appendonly', 'dir', 'dbfilename', 'appendfilename', 'appenddirname', 'databases', 'cluster-enabled'],
  ...['save', 'aof-use-rdb-preamble', 'maxmemory', 'maxmemory-policy'],
];

function lostByDeploys({head, base}: Summary, {deploys}: Proof): ProofIssue[] {
  if (base === null) return [];
  const worse = deploys.filter(({without, with: after}) => without && isLess(after, without));
  if (worse.length === 0) return [];
  const changed = DECIDE_FILES.filter(
    name => head.effective.values.get(name)?.text !== base.effective.values.get(name)?.text,
  );
  const told = worse.map(deploy => {
    const before = keptText(deploy, deploy.without!);
    return `${STOPPED[deploy.stopped]} the next server has ${keptText(deploy, deploy.with)}, without the change ${before}`;
  });
  return [
    at(head, [...changed, ...DECIDE_FILES], {
      rule: 'lint/deploy-loses-keys',
      severity: 'error',
      direction: 'worse',
      message: `rolled out over existing data, ${told.join('; ')}`,
      fix: 'Do not deploy it so: see the other findings for how to get there without loss, and take a backup first.',
    }),
  ];
}

function isLess(after: Kept, before: Kept): boolean {
  if ('refused' in before) return false;
  return 'refused' in after || after.keys < before.keys || after.misplaced > before.misplaced;
}

const STOPPED = {'in order': 'after a restart', killed: 'after kill -9'};

/** `600 of 1,000 keys`. */
export function keptText({saved, since}: Pick<ProvedDeploy, 'saved' | 'since'>, kept: Kept): string {
  if ('refused' in kept) return `no key: it does not start (${kept.refused})`;
  const of = `${number(kept.keys)} of ${number(saved + since)} keys`;
  return kept.misplaced === 0 ? of : `${of}, ${number(kept.misplaced)} of them in another database`;
}

function predictedOtherwise({head}: Summary, {deploys}: Proof): ProofIssue[] {
  return deploys.flatMap(deploy => {
    const {predicted, with: after} = deploy;
    if (predicted === null) return [];
    const same =
      'refused' in predicted ? 'refused' in after : 'keys' in after && after.keys === predicted.keys;
    if (same) return [];
    const expected = 'refused' in predicted ? 'that it does not start' : `${number(predicted.keys)} keys`;
    return [
      at(head, DECIDE_FILES, {
        rule: 'lint/predicted-otherwise',
        severity: 'warning',
        direction: null,
        message: `${STOPPED[deploy.stopped]} the server has ${keptText(deploy, after)}, and lint had predicted ${expected}`,
        fix: 'Believe the server, and report this with the version and both configurations.',
      }),
    ];
  });
}

function beyondWorstCase({head}: Summary, {head: side}: Proof): ProofIssue[] {
  const crash = side?.crash;
  if (!crash || !isBeyond(crash) || crash.stalledSeconds > STEADY_SECONDS) return [];
  return [
    at(head, ['appendonly', 'save', 'appendfsync'], {
      rule: 'lint/loss-beyond-worst-case',
      severity: 'error',
      direction: null,
      message: `killed, the server had lost ${crash.lostSeconds} s of writes, more than the ${secondsText(crash.statedSeconds!)} that were computed`,
      fix: 'Report this with the version and the configuration: the worst case is worse than lint says.',
    }),
  ];
}

const isBeyond = ({lostSeconds, statedSeconds}: Crash): boolean =>
  statedSeconds !== null && lostSeconds > statedSeconds + SLACK_SECONDS;

function notProved({head}: Summary, {notProved: reasons, head: side}: Proof): ProofIssue[] {
  const absent = side?.modulesAbsent.length
    ? ['the image lacks a module: data of its types was not tried']
    : [];
  const stalled =
    side?.crash && isBeyond(side.crash) && side.crash.stalledSeconds > STEADY_SECONDS
      ? [`what a killed process loses: the machine stood still for ${side.crash.stalledSeconds} s`]
      : [];
  return [...reasons, ...absent, ...stalled].map(reason =>
    placed(null, head, {
      rule: 'lint/not-proved',
      severity: 'note',
      direction: null,
      message: `not proved: ${reason}`,
      fix: '',
    }),
  );
}
