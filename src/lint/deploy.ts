/**
 * What a deploy of a changed configuration leaves of existing data, foretold. In: the readings of both sides, and how the
 * server is stopped. Out: which of its keys the server then holds, of one scenario: on an empty volume a server starts
 * with the base, keys are written to its lowest and highest database (a cluster's only one), BGSAVE is called and waited
 * for, more keys are written, no save point comes due; it is stopped, and one with the head starts on the same volume.
 * test/contract/deploys.test.ts carries that out on real servers.
 */
import {confText} from '../redis/conf.ts';
import type {Reading} from './finding.ts';
import {loadsDumpOf, sameTarget, targetText} from './readable.ts';
import {isTemplated, type Setting} from './setting.ts';
import {fileLoadedBy, filesLeftBy, hasAof, type Stop, type StoredFile, textOf, wordsOf} from './volume.ts';

/** `saved`: those of the BGSAVE. */
export type Kept = 'all' | 'saved' | 'none';

export type Deploy =
  /** `misplaced`: all are there, but some in another database. */
  | {kept: Kept; because: string; misplaced?: true}
  /** The server does not start, for a line that is `at` fault or for what is in its file. */
  | {kept: 'refused'; because: string; at?: Setting}
  /** Cannot be told from here. */
  | {kept: null; because: string};

export const STOPS: readonly Stop[] = ['in order', 'killed'];

export function predictDeploy(base: Reading, head: Reading, stop: Stop): Deploy {
  const unknown = notKnown(base, head, stop) ?? doubtful(base, head);
  const refused = refusedLines(base) === null ? refusedLines(head) : null;
  if (refused !== null) return {kept: 'refused', because: refused};
  if (unknown !== null) return {kept: null, because: unknown};
  const file = fileLoadedBy(head, filesLeftBy(base, stop));
  if (file === null) return {kept: 'none', because: whyNothing(base, head)};
  const asked = [unreadable, highDatabases, renamedCommands].map(ask => ask({base, head, file}));
  return asked.find(answer => answer !== null) ?? kept(file, stop);
}

/** How many keys the server then holds; `null` where it does not start, or nobody knows. */
export function keysKept({kept}: Deploy, {saved, since}: {saved: number; since: number}): number | null {
  if (kept === null || kept === 'refused') return null;
  return {all: saved + since, saved, none: 0}[kept];
}

export type DeployChange = {stop: Stop; before: Deploy; after: Deploy; worse: boolean};

/** The change against a restart without it, where the two differ and both are known. */
export function deployChanges(base: Reading, head: Reading): DeployChange[] {
  return STOPS.flatMap(stop => {
    const [before, after] = [predictDeploy(base, base, stop), predictDeploy(base, head, stop)];
    const [was, is] = [rank(before), rank(after)];
    return was === null || is === null || was === is ? [] : [{stop, before, after, worse: is < was}];
  });
}

/** Less is worse. What is refused is not lost, but it is not served either. */
function rank(deploy: Deploy): number | null {
  if (deploy.kept === null) return null;
  if (deploy.kept === 'all') return deploy.misplaced ? 3 : 4;
  return {saved: 2, none: 1, refused: 0}[deploy.kept];
}

const NAMES = ['dir', 'dbfilename', 'appendfilename', 'appenddirname'];
/** Of what a live server said: a part of it may have been left out, and these are not guessed then. */
const NOT_GUESSED = new Set(['appendonly', 'save', 'databases', ...NAMES]);

/** What is decided by a template or a file that is not here. */
function notKnown(base: Reading, head: Reading, stop: Stop): string | null {
  // Only who loads the dump sees what a shutdown has saved.
  const saving = stop === 'in order' && !hasAof(head) ? ['save', 'shutdown-on-sigterm'] : [];
  const differing = [...NAMES, 'databases'].filter(name => !isSame(base, head, name));
  const ofBoth = ['appendonly', 'cluster-enabled', 'replicaof', ...differing];
  const name =
    [...ofBoth, ...saving].find(name => isOpen(base, name)) ??
    [...ofBoth, 'maxmemory-policy'].find(name => isOpen(head, name));
  return name === undefined ? null : `${name} is not known here`;
}

function isOpen({effective, configuration}: Reading, name: string): boolean {
  const value = effective.values.get(name);
  if (value !== undefined) return value.text === null;
  return configuration.complete && effective.table.rows.has(name) && NOT_GUESSED.has(name);
}

const isSame = (base: Reading, head: Reading, name: string): boolean => {
  const words = wordsOf(base, name);
  return words !== null && words === wordsOf(head, name);
};

/** What is known, but not what comes of it. */
function doubtful(base: Reading, head: Reading): string | null {
  if (refusedLines(base) !== null) return 'it did not start before';
  if ([base, head].some(side => (textOf(side, 'replicaof') ?? '') !== ''))
    return "a replica's keys are its primary's";
  if (modulesLost(base, head).length > 0) return 'a module is no longer loaded, whose data may be refused';
  if (evicts(base, head)) return 'keys may be evicted as soon as they are loaded';
  const foreign = head.effective.unknown.find(
    ({name}) => !base.effective.unknown.some(known => known.name === name),
  );
  return foreign === undefined ? null : `the server may not know ${confText(foreign.name)}`;
}

/** The lines for which a server does not start; where its version is not known, an unknown name is none of them. */
export function refusedLines({configuration, effective, version}: Reading): string | null {
  const {setting} = effective.refused[0] ?? {};
  const unknown = version === 'exact' ? effective.unknown.find(({name}) => !isTemplated(name)) : undefined;
  const name = setting?.name ?? unknown?.name;
  if (name !== undefined) return `${confText(name)} is refused`;
  return configuration.unreadable.length > 0 ? 'a line cannot be read' : null;
}

const modulesOf = ({configuration}: Reading): string[] =>
  configuration.settings.filter(({name}) => name === 'loadmodule').map(({args}) => args[0]!);

/** By their paths. What is still open may load them. */
export function modulesLost(base: Reading, head: Reading): string[] {
  if (head.configuration.open.length > 0) return [];
  const left = new Set(modulesOf(head));
  return [...new Set(modulesOf(base))].filter(path => !left.has(path));
}

/** What fitted into a limit before fits into the same, or a larger one. */
function evicts(base: Reading, head: Reading): boolean {
  if (!textOf(head, 'maxmemory-policy')?.startsWith('allkeys')) return false;
  const [before, after] = [wordsOf(base, 'maxmemory') ?? '', wordsOf(head, 'maxmemory') ?? ''];
  if (after === '0' || (after !== '' && after === before)) return false;
  return !(Number(before) > 0 && Number(after) > Number(before));
}

function whyNothing(base: Reading, head: Reading): string {
  if (hasAof(head) && !hasAof(base))
    return 'with appendonly yes only an append-only file is loaded, and there is none: the dump is ignored';
  if (!sameTarget(...targets(base, head)) && hasAof(head) && NAMES.every(name => sameName(base, head, name)))
    return `${targetText(head.configuration.target)} does not see the append-only file of ${targetText(base.configuration.target)}`;
  return 'it looks for its file elsewhere';
}

const sameName = (base: Reading, head: Reading, name: string): boolean =>
  [base, head].some(side => !side.effective.values.has(name)) || wordsOf(base, name) === wordsOf(head, name);

const targets = (base: Reading, head: Reading) =>
  [base.configuration.target, head.configuration.target] as const;

type Load = {base: Reading; head: Reading; file: StoredFile};

function unreadable({base, head, file}: Load): Deploy | null {
  if (file.form === 'commands')
    return hasAof(head) ? null : {kept: 'refused', because: 'an append-only file is no dump'};
  const [from, to] = targets(base, head);
  const loads = loadsDumpOf(from, to);
  const both = `${targetText(to)} ${loads === null ? 'may not load' : 'does not load'} a dump of ${targetText(from)}`;
  // Valkey tries then, and stops at what it does not understand.
  if (loads === null || (!loads && textOf(head, 'rdb-version-check') === 'relaxed'))
    return {kept: null, because: both};
  return loads ? null : {kept: 'refused', because: both};
}

function highDatabases({base, head, file}: Load): Deploy | null {
  const isCluster = (side: Reading) => textOf(side, 'cluster-enabled') === 'yes';
  if (isSame(base, head, 'databases') && isCluster(base) === isCluster(head)) return null;
  const highest = isCluster(base) ? 0 : Number(textOf(base, 'databases') ?? 1) - 1;
  const has = Number(textOf(head, isCluster(head) ? 'cluster-databases' : 'databases') ?? 1);
  if (highest < has) return null;
  const why = `database ${highest} is in use, and there ${has === 1 ? 'is only one' : `are only ${has}`}`;
  if (file.form === 'dump') return {kept: 'refused', because: why};
  const because = `${why}: SELECT fails while commands are loaded, and what follows lands in the database before`;
  return {kept: 'all', because, misplaced: true};
}

/** An append-only file is loaded by the names that commands have now. */
function renamedCommands({base, head, file}: Load): Deploy | null {
  if (file.form === 'dump') return null;
  const name = (side: Reading, command: string) => renaming(side, command)?.args[1] ?? command;
  const lost = ['set', 'select'].find(command => name(base, command) !== name(head, command));
  if (lost === undefined) return null;
  const because = `${lost.toUpperCase()} is in the append-only file, and no longer called so`;
  const at = renaming(head, lost);
  return name(base, lost) === lost && at ? {kept: 'refused', because, at} : {kept: null, because};
}

const renaming = ({configuration}: Reading, command: string): Setting | undefined =>
  configuration.settings.findLast(
    ({name, args}) => name === 'rename-command' && args[0]?.toLowerCase() === command,
  );

function kept(file: StoredFile, stop: Stop): Deploy {
  if (file.form !== 'dump') return {kept: 'all', because: 'the append-only file has all that was answered'};
  if (file.holds === 'all') return {kept: 'all', because: 'the dump is saved at the shutdown'};
  const because = stop === 'killed' ? 'a killed server saves nothing' : 'nothing is saved at the shutdown';
  return {kept: 'saved', because};
}
