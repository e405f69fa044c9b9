/**
 * What a change makes worse, or better, that only both sides together show. In: the readings of base and head. Out:
 * issues at the changed lines with their direction. A value that is not known on one side is not compared.
 */
import {confText} from '../../redis/conf.ts';
import {type DeployChange, deployChanges, type Kept, modulesLost, refusedLines} from '../deploy.ts';
import type {Issue, LintSeverity, Reading} from '../finding.ts';
import {type Loss, secondsText} from '../loss.ts';
import type {Setting} from '../setting.ts';

export type Change = Omit<Issue, 'measure' | 'subject'> & {direction: 'worse' | 'better' | 'same'};

type Both = {base: Reading; head: Reading};
type Said = Pick<Change, 'rule' | 'message' | 'fix' | 'direction'> & {severity?: LintSeverity};

export function changesBetween(both: Both): Change[] {
  const deploys = deployChanges(both.base, both.head);
  const changes = [
    ...lossChanges(both),
    ...aofChanges(both, deploys),
    ...savesOff(both),
    ...movedFiles(both),
    ...refusedLoads(both, deploys),
    ...newReplica(both),
  ];
  return [...changes, ...leftBehind(both, deploys, changes)];
}

const known = ({effective}: Reading, name: string): string | null => effective.values.get(name)?.text ?? null;

function change({head}: Both, names: readonly string[], said: Said): Change {
  const from = names.map(name => head.effective.values.get(name)?.from).find(found => found);
  return placed(from ?? null, head, said);
}

function placed(from: Setting | null, {configuration}: Reading, {severity, ...said}: Said): Change {
  const {file, line, column} = from ?? configuration;
  const usual: LintSeverity = said.direction === 'worse' ? 'error' : 'note';
  return {...said, severity: severity ?? usual, place: {file, line, column}, byDefault: from === null};
}

const DECIDE_LOSS = ['appendonly', 'save', 'appendfsync', 'no-appendfsync-on-rewrite'];

/** The names whose values differ, so that the message stands beside the line that was changed. */
const changedOf = ({base, head}: Both, names: readonly string[]): string[] => [
  ...names.filter(name => known(base, name) !== known(head, name)),
  ...names,
];

function lossChanges(both: Both): Change[] {
  const {base, head} = both;
  const at = changedOf(both, DECIDE_LOSS);
  const ofHost = compareLoss(base.losses.hostCrash, head.losses.hostCrash, 'if the machine dies');
  const ofProcess = compareLoss(base.losses.processCrash, head.losses.processCrash, 'if the process dies');
  const told = ofHost ?? ofProcess;
  if (told) return [change(both, at, told)];
  if (base.losses.hostCrash === null || head.losses.hostCrash !== null) return [];
  const message = `the worst-case loss was ${secondsText(base.losses.hostCrash.seconds)} and can no longer be told`;
  const fix = 'Lint the rendered file, or what CONFIG GET says.';
  return [
    change(both, at, {rule: 'lint/worst-case-loss', severity: 'warning', direction: 'same', message, fix}),
  ];
}

function compareLoss(base: Loss | null, head: Loss | null, when: string): Said | null {
  if (base === null || head === null || base.seconds === head.seconds) return null;
  const worse = head.seconds > base.seconds;
  const numbers = `from ${secondsText(base.seconds)} to ${secondsText(head.seconds)}`;
  return {
    rule: 'lint/worst-case-loss',
    direction: worse ? 'worse' : 'better',
    message: `worst-case loss goes ${numbers} ${when} (${head.because})`,
    fix: worse ? 'If this is meant, say why with restore-drill-ignore; else take the change back.' : '',
  };
}

function aofChanges(both: Both, deploys: readonly DeployChange[]): Change[] {
  const [before, after] = [known(both.base, 'appendonly'), known(both.head, 'appendonly')];
  if (before === 'yes' && after === 'no') {
    const message = `AOF turned off: the server will load its last dump, ${lostWithoutAof(deploys)}`;
    const fix = 'Call BGSAVE and wait for it before the restart; keep the old append-only file.';
    return [change(both, ['appendonly'], {rule: 'lint/aof-turned-off', direction: 'worse', message, fix})];
  }
  // Without save points too: a job may have asked for a dump.
  if (before !== 'no' || after !== 'yes') return [];
  const message = 'AOF turned on: a server that restarts so over a dump ignores the dump and starts empty';
  const fix =
    'Run CONFIG SET appendonly yes on the live server first, wait for the rewrite, and only then deploy the file.';
  return [change(both, ['appendonly'], {rule: 'lint/aof-over-dump', direction: 'worse', message, fix})];
}

/** Where there are save points, the dump is a new one, if only the server is given the time. */
function lostWithoutAof(deploys: readonly DeployChange[]): string {
  const [only, ...others] = deploys;
  return only?.stop === 'killed' && only.after.kept === 'saved' && others.length === 0
    ? 'which an orderly shutdown saves; if it is killed instead, what only the append-only file has is lost'
    : 'and what only the append-only file has is lost';
}

function savesOff(both: Both): Change[] {
  const [before, after] = [known(both.base, 'save'), known(both.head, 'save')];
  if (after !== '' || before === null || before === '') return [];
  const message =
    'save points are turned off: dump.rdb is no longer written, and a job that copies it copies an old one';
  const fix = 'Keep a save point, or let the backup job call BGSAVE and wait for it.';
  return [change(both, ['save'], {rule: 'lint/dump-not-written', direction: 'worse', message, fix})];
}

const FILES = ['dir', 'dbfilename', 'appendfilename', 'appenddirname'];

function movedFiles(both: Both): Change[] {
  const {base, head} = both;
  return FILES.flatMap(name => {
    const [before, after] = [known(base, name), known(head, name)];
    const same = name === 'dir' ? trimmed(before) === trimmed(after) : before === after;
    if (before === null || after === null || same) return [];
    // Where one side has no append-only file, none is missed by its name.
    if (name.startsWith('append') && [base, head].some(side => known(side, 'appendonly') === 'no')) return [];
    const dumpOnly = name === 'dbfilename' && known(head, 'appendonly') === 'yes';
    const found = dumpOnly
      ? 'the server loads the append-only file, but'
      : 'the server will not find its data, and';
    const message = `${name} goes from ${confText(before)} to ${confText(after)}: ${found} backup jobs copy the old place`;
    const fix = `${dumpOnly ? 'C' : 'Move the files while the server is down, and c'}hange the backup job in the same pull request.`;
    return [change(both, [name], {rule: 'lint/files-moved', direction: 'worse', message, fix})];
  });
}

const trimmed = (path: string | null): string | null => path?.replace(/(?<=.)\/+$/, '') ?? null;

function refusedLoads(both: Both, deploys: readonly DeployChange[]): Change[] {
  const {base, head} = both;
  const changes: Change[] = [];
  const rule = 'lint/load-refused';
  const misplaced = deploys.some(({after}) => 'misplaced' in after);
  const [before, after] = [known(base, 'databases'), known(head, 'databases')];
  if (before !== null && after !== null && Number(after) < Number(before)) {
    const ofAof =
      'an append-only file is loaded with keys of higher ones in other databases, and refused once it was rewritten';
    const ofDump = 'a dump that uses a higher one is not loaded, and the server does not start';
    const message = `databases goes from ${before} to ${after}: ${misplaced ? ofAof : ofDump}`;
    const fix = 'Look at INFO keyspace for the highest one in use.';
    changes.push(change(both, ['databases'], {rule, direction: 'worse', message, fix}));
  }
  if (known(base, 'cluster-enabled') === 'no' && known(head, 'cluster-enabled') === 'yes') {
    const ofAof =
      'an append-only file that uses more than database 0 puts all into it, or is refused once it was rewritten';
    const ofDump = 'a dump that uses more than database 0 is not loaded';
    const message = `cluster-enabled yes: ${misplaced ? ofAof : ofDump}, and slots have to be assigned`;
    const fix = 'Drill a backup with this file: server.config in restore-drill.yml.';
    changes.push(change(both, ['cluster-enabled'], {rule, direction: 'worse', message, fix}));
  }
  for (const path of modulesLost(base, head)) {
    const message = `a module is no longer loaded (${confText(path.split('/').at(-1)!)}): a dump that holds its types is refused`;
    const fix = 'Delete its keys first, or keep the module.';
    changes.push(placed(null, head, {rule, direction: 'worse', message, fix}));
  }
  return changes;
}

/** Which rules say why no more is left than this. */
const SAYS_WHY: Record<'refused' | Kept, string[]> = {
  refused: ['lint/load-refused'],
  // In other databases.
  all: ['lint/load-refused'],
  saved: ['lint/aof-turned-off'],
  none: ['lint/aof-over-dump', 'lint/files-moved'],
};

/** Of a deploy that leaves less no report is green, whatever it is for; lines that are refused are told of by themselves. */
function leftBehind({head}: Both, deploys: readonly DeployChange[], told: readonly Change[]): Change[] {
  const untold = deploys.find(
    ({worse, after}) =>
      worse && after.kept !== null && !told.some(({rule}) => SAYS_WHY[after.kept!].includes(rule)),
  );
  if (untold === undefined || refusedLines(head) !== null) return [];
  const {after} = untold;
  const said =
    after.kept === 'refused'
      ? {
          rule: 'lint/load-refused',
          message: `the server does not start on the data that is there: ${after.because}`,
        }
      : {
          rule: 'lint/data-left-behind',
          message: `a restart with this change leaves less of the data: ${after.because}`,
        };
  const fix = 'Restore a backup with what is deployed before it is deployed, or take the change back.';
  return [placed('at' in after ? after.at : null, head, {...said, direction: 'worse', fix})];
}

function newReplica(both: Both): Change[] {
  const [before, after] = [known(both.base, 'replicaof'), known(both.head, 'replicaof')];
  if (before !== '' || after === null || after === '') return [];
  const message = 'the server becomes a replica: it throws its own data away and copies those of its primary';
  const fix = 'Take a backup of it first, if it holds anything that the primary does not.';
  return [change(both, ['replicaof'], {rule: 'lint/becomes-replica', direction: 'worse', message, fix})];
}
