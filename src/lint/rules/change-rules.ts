/**
 * What a change makes worse, or better, that only both sides together show. In: the readings of base and head. Out:
 * issues at the changed lines with their direction. A value that is not known on one side is not compared.
 */
import {confText} from '../../redis/conf.ts';
import type {Issue, LintSeverity, Reading} from '../finding.ts';
import {type Loss, secondsText} from '../loss.ts';
import type {Setting} from '../setting.ts';

export type Change = Omit<Issue, 'measure' | 'subject'> & {direction: 'worse' | 'better' | 'same'};

type Both = {base: Reading; head: Reading};
type Said = Pick<Change, 'rule' | 'message' | 'fix' | 'direction'> & {severity?: LintSeverity};

export function changesBetween(both: Both): Change[] {
  return [
    ...lossChanges(both),
    ...aofChanges(both),
    ...savesOff(both),
    ...movedFiles(both),
    ...refusedLoads(both),
    ...newReplica(both),
  ];
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

function aofChanges(both: Both): Change[] {
  const [before, after] = [known(both.base, 'appendonly'), known(both.head, 'appendonly')];
  if (before === 'yes' && after === 'no') {
    const message =
      'AOF turned off: the server will load its last dump, and what only the append-only file has is lost';
    const fix = 'Call BGSAVE and wait for it before the restart; keep the old append-only file.';
    return [change(both, ['appendonly'], {rule: 'lint/aof-turned-off', direction: 'worse', message, fix})];
  }
  // Where nothing was persisted, there is no dump to be ignored.
  if (before !== 'no' || after !== 'yes' || known(both.base, 'save') === '') return [];
  const message = 'AOF turned on: a server that restarts so over a dump ignores the dump and starts empty';
  const fix =
    'Run CONFIG SET appendonly yes on the live server first, wait for the rewrite, and only then deploy the file.';
  return [change(both, ['appendonly'], {rule: 'lint/aof-over-dump', direction: 'worse', message, fix})];
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
    if (name.startsWith('append') && known(head, 'appendonly') === 'no' && known(base, 'appendonly') === 'no')
      return [];
    const message = `${name} goes from ${confText(before)} to ${confText(after)}: the server will not find its data, and backup jobs copy the old place`;
    const fix =
      'Move the files while the server is down, and change the backup job in the same pull request.';
    return [change(both, [name], {rule: 'lint/files-moved', direction: 'worse', message, fix})];
  });
}

const trimmed = (path: string | null): string | null => path?.replace(/(?<=.)\/+$/, '') ?? null;

function refusedLoads(both: Both): Change[] {
  const {base, head} = both;
  const changes: Change[] = [];
  const rule = 'lint/load-refused';
  const [before, after] = [Number(known(base, 'databases')), Number(known(head, 'databases'))];
  if (after < before) {
    const message = `databases goes from ${before} to ${after}: a dump that uses a higher one is not loaded, and the server does not start`;
    const fix = 'Look at INFO keyspace for the highest one in use.';
    changes.push(change(both, ['databases'], {rule, direction: 'worse', message, fix}));
  }
  if (known(base, 'cluster-enabled') === 'no' && known(head, 'cluster-enabled') === 'yes') {
    const message =
      'cluster-enabled yes: a dump that uses more than database 0 is not loaded, and slots have to be assigned';
    const fix = 'Drill a backup with this file: server.config in restore-drill.yml.';
    changes.push(change(both, ['cluster-enabled'], {rule, direction: 'worse', message, fix}));
  }
  const modules = ({configuration}: Reading) =>
    new Set(configuration.settings.filter(({name}) => name === 'loadmodule').map(({args}) => args[0]!));
  for (const path of modules(base)) {
    if (modules(head).has(path) || head.configuration.open.length > 0) continue;
    const message = `a module is no longer loaded (${confText(path.split('/').at(-1)!)}): a dump that holds its types is refused`;
    const fix = 'Delete its keys first, or keep the module.';
    changes.push(placed(null, head, {rule, direction: 'worse', message, fix}));
  }
  return changes;
}

function newReplica(both: Both): Change[] {
  const [before, after] = [known(both.base, 'replicaof'), known(both.head, 'replicaof')];
  if (before !== '' || after === null || after === '') return [];
  const message = 'the server becomes a replica: it throws its own data away and copies those of its primary';
  const fix = 'Take a backup of it first, if it holds anything that the primary does not.';
  return [change(both, ['replicaof'], {rule: 'lint/becomes-replica', direction: 'worse', message, fix})];
}
