/**
 * An append-only file, restored as production would do it, judged: one that is never looked at, under names that nobody
 * asks for, a cut tail that production refuses, and commands that fail there while the server goes on. Pure.
 */
import type {AofInspection} from '../inspect/aof/aof-inspection.ts';
import type {Inspection} from '../inspect/inspection.ts';
import type {Load} from '../restore/loading.ts';
import type {Production} from '../restore/production.ts';
import {type Finding, fail, pass} from './finding.ts';

/** What is known of it before: our reader's finding, and what the frozen server wrote. */
export type FrozenAof = {aof: AofInspection; load?: Load | undefined};

export function judgeProductionAof(
  production: Production,
  {dataset}: Inspection,
  frozen: FrozenAof,
): Finding[] {
  if (production.aof === null) return [];
  return [
    ...off(production, dataset.keys),
    ...names(production, dataset.keys),
    ...commandsAstray(production, frozen),
  ];
}

/** The server does not say that it passes an append-only file over. */
function off({aof, settings, config}: Production, expected: number): Finding[] {
  const ignored = aof?.ignored;
  if (!ignored || settings.appendonly?.value.toLowerCase() === 'yes') return [];
  const said = settings.appendonly === null ? 'nothing of appendonly (no)' : 'appendonly no';
  const {keys} = ignored;
  const loses = keys === 0 || keys < expected;
  return [
    fail(
      'production/aof-off',
      `${loses ? 'DATA LOSS: ' : ''}the file says ${said}: the server passes the append-only file over and comes up ${up(ignored)}`,
      {
        expected,
        actual: keys,
        origin: settings.appendonly?.origin ?? config,
        hint: 'Is this the configuration of the server that wrote the backup? Start it with `appendonly yes`, or say `load: rdb` where production restores a dump.',
      },
    ),
  ];
}

const up = ({keys, dumpBeside}: NonNullable<NonNullable<Production['aof']>['ignored']>): string => {
  if (keys === 0) return 'empty';
  return dumpBeside ? `with ${keys} keys of the dump beside it` : `with ${keys} keys of something else`;
};

/** A name that a backup job chose is changed by whoever restores; one that the server chose stays. */
function names({aof, settings, config}: Production, keys: number): Finding[] {
  const {appendfilename, appenddirname, ignored} = aof!;
  const wanted = [
    {directive: 'appendfilename', found: appendfilename, set: settings.appendfilename, usual: USUAL.file},
    {directive: 'appenddirname', found: appenddirname, set: settings.appenddirname, usual: USUAL.directory},
  ];
  return wanted.flatMap(({directive, found, set, usual}) => {
    if (found === null) return [];
    const {value, origin} = set ?? {value: usual, origin: config};
    const parts = {expected: value, actual: found.name, origin};
    const rule = 'production/aof-names';
    if (found.name === value)
      return [pass(rule, `the append-only file has the name that \`${directive}\` asks for`, parts)];
    if (!found.asWritten)
      return [
        pass(rule, `the append-only file is restored under the name that \`${directive}\` asks for`, parts),
      ];
    const empty = ignored?.keys === 0 ? `DATA LOSS: ${keys} keys are gone: ` : '';
    return [
      fail(
        rule,
        `${empty}the append-only file is called otherwise than \`${directive}\` says: put there as it is, it is passed over, and the server begins a new, empty one`,
        {
          ...parts,
          hint: 'Is this the configuration of the server that wrote the backup? Set the directive to the name in the backup; the files of a set cannot just be renamed, its manifest names them.',
        },
      ),
    ];
  });
}

const USUAL = {file: 'appendonly.aof', directory: 'appendonlydir'};

/** The frozen restore left out what is cut; production decides for itself. */
export function cutTailRefused({settings, config}: Production): Finding {
  const {value, origin} = settings.aofLoadTruncated ?? {value: 'yes', origin: config};
  return fail(
    'production/aof-truncated',
    `the append-only file ends in the middle of a command, and with aof-load-truncated ${value} the server does not start`,
    {
      expected: 'aof-load-truncated yes, or an append-only file that is whole',
      actual: value,
      origin,
      hint: 'Restore with `aof-load-truncated yes` (the cut command is lost), or drill a backup that was copied while the file was not being written.',
    },
  );
}

/** A SELECT that fails is a line in the log, and what follows goes into the database before it. */
function commandsAstray({load, settings, cluster, config}: Production, frozen: FrozenAof): Finding[] {
  if (load?.status !== 'loaded') return [];
  const {highestDatabase} = frozen.aof;
  const failed = (load.aofCommandsFailed ?? 0) - (frozen.load?.aofCommandsFailed ?? 0);
  const {value, origin} = settings.databases ?? {value: '16', origin: config};
  if (!cluster && highestDatabase >= Number(value)) {
    return [
      fail(
        'production/too-few-databases',
        `the append-only file selects database ${highestDatabase}, which the server does not have: it goes on, and keys come into another database or are written over`,
        {
          expected: `databases of at least ${highestDatabase + 1}`,
          actual: Number(value),
          origin,
          hint: 'Raise `databases` to at least one more than the highest that the backup selects.',
        },
      ),
    ];
  }
  if (failed <= 0) return [];
  return [
    fail(
      'production/aof-commands-failed',
      `${failed} commands of the append-only file fail with ${config}, and the server goes on without them`,
      {
        expected: 0,
        actual: failed,
        origin: config,
        hint: cluster
          ? 'A node of a cluster has database 0 only: an append-only file of several databases does not go into one.'
          : 'Start a server by hand with this file on a copy of the backup, and read its log.',
      },
    ),
  ];
}
