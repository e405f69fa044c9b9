/**
 * The gate as it is asked for: flags of the command line, which are the inputs of the action, become demands and a place to
 * read from. Every problem is reported at once, before anything is read. gate-options.ts lists the flags.
 */
import {parseDuration} from '../config/duration.ts';
import {listedBackups, onceEach} from '../config/listed-backups.ts';
import {problemsError} from '../config/problems.ts';
import {DrillError, type Problem} from '../errors.ts';
import type {HistoryPlace} from '../history/open-history.ts';
import {type Depth, depthSchema} from '../inspect/inspection.ts';
import type {Demands} from './demands.ts';
import {parseWantedServer, type WantedServer} from './wanted-server.ts';
import {fileOf} from './witness.ts';

export type GateFlags = {
  history?: string | undefined;
  workflow?: string | undefined;
  repository?: string | undefined;
  branch?: string | undefined;
  require?: string | undefined;
  config?: string | undefined;
  maxAge?: string | undefined;
  maxBackupAge?: string | undefined;
  server?: string[] | undefined;
  depth?: string | undefined;
  reportJson?: string | undefined;
  /** Why the config may be a stranger's: who asks for a gate to be opened does not name its demands. */
  untrusted?: string | undefined;
};

/** Of the action: by the names of its inputs. One that is not given is empty. */
export function flagsOf(inputs: Record<string, string>): GateFlags {
  const given = Object.fromEntries(Object.entries(inputs).filter(([, value]) => value !== ''));
  const {
    server,
    'max-age': maxAge,
    'max-backup-age': maxBackupAge,
    'report-json': reportJson,
    ...rest
  } = given;
  return {...rest, maxAge, maxBackupAge, reportJson, ...(server !== undefined && {server: [server]})};
}

/** Without names: who is required may depend on what the history knows. */
export type GateJob = Omit<Demands, 'require' | 'requiredBy'> & {
  required: {names: string[]; by: string} | null;
  /** Empty: the runs of the workflow are read. */
  histories: HistoryPlace[];
};

type Environment = (name: string) => string | undefined;

/** Throws DrillError `usage/invalid` or `config/invalid`. */
export async function readGateJob(flags: GateFlags, env: Environment): Promise<GateJob> {
  const problems: Problem[] = [];
  const maxAgeMs = duration('--max-age', flags.maxAge, problems);
  if (flags.maxAge === undefined) problems.push({origin: '--max-age', message: 'how old may a drill be?'});
  const maxBackupAgeMs = duration('--max-backup-age', flags.maxBackupAge, problems);
  const servers = listOf(flags.server).map(text => wantedServer(text, problems));
  const depth = depthOf(flags.depth, problems);
  const trust = trustOf(flags, env, problems);
  const listed = await listedBackups(flags.config);
  const histories = historiesOf(flags, listed?.histories ?? []);
  if (trust === null && histories.length === 0) {
    const message = 'which drills? Name their history, or the workflow that holds them (--workflow)';
    problems.push({origin: '--history', message});
  }
  if (listed !== null && (flags.require === undefined || (flags.history ?? flags.workflow) === undefined))
    refuseStrangers(flags.untrusted, listed.file);
  const named = listOf(flags.require === undefined ? undefined : [flags.require]);
  if (flags.require !== undefined && named.length === 0)
    problems.push({origin: '--require', message: 'it names no backup'});
  if (problems.length > 0) throw problemsError(problems, {code: 'usage/invalid', hint: USAGE});
  return {
    maxAgeMs: maxAgeMs!,
    maxBackupAgeMs,
    servers: servers.filter(server => server !== null),
    depth,
    trust,
    required: requiredOf(named, listed),
    // Who names the workflow and no history wants its runs read, whatever a config says.
    histories: trust !== null && flags.history === undefined ? [] : histories,
  };
}

/** The flag stands in for the place alone, as in a drill: how a bucket is reached, the config says, if it is not a stranger's. */
function historiesOf({history: at, untrusted}: GateFlags, listed: HistoryPlace[]): HistoryPlace[] {
  if (at === undefined) return listed;
  if (listed.length === 0 || untrusted !== undefined) return [{at}];
  return onceEach(listed.map(place => ({...place, at})));
}

function refuseStrangers(untrusted: string | undefined, file: string): void {
  if (untrusted === undefined) return;
  throw new DrillError('config/untrusted', `${file} may not say what a release needs: ${untrusted}`, {
    hint: 'Name the backups (`require`) and their history or workflow in the workflow itself.',
  });
}

const USAGE =
  'restore-drill gate --history DIR --max-age 26h, or --workflow nightly-drill.yml --max-age 26h; docs/gate.md has the rest.';

function requiredOf(named: string[], listed: {file: string; names: string[]} | null): GateJob['required'] {
  if (named.length > 0) return {names: named, by: '--require'};
  return listed === null ? null : {names: listed.names, by: listed.file};
}

/** Once each; commas and line ends stand between them. */
const listOf = (texts: string[] = []): string[] => [
  ...new Set(
    texts
      .flatMap(text => text.split(/[,\n]/))
      .map(text => text.trim())
      .filter(text => text !== ''),
  ),
];

function duration(origin: string, text: string | undefined, problems: Problem[]): number | null {
  if (text === undefined) return null;
  const ms = parseDuration(text);
  // Nothing is ever zero seconds old.
  if (ms === null || ms === 0) problems.push({origin, message: 'write a duration, such as 26h or 2d'});
  return ms;
}

function wantedServer(text: string, problems: Problem[]): WantedServer | null {
  const wanted = parseWantedServer(text);
  if (wanted === null) {
    const message = `${text} names no server and version; write redis:8.0, redis:8 or valkey/valkey:9.1`;
    problems.push({origin: '--server', message});
  }
  return wanted;
}

function depthOf(text: string | undefined, problems: Problem[]): Depth {
  const {data} = depthSchema.safeParse(text ?? 'full');
  if (data === undefined) problems.push({origin: '--depth', message: `there is no depth ${text}`});
  return data ?? 'full';
}

const DEFAULT_BRANCH = 'main';

function trustOf(
  {workflow, repository, branch}: GateFlags,
  env: Environment,
  problems: Problem[],
): Demands['trust'] {
  if (workflow === undefined) {
    for (const [origin, given] of Object.entries({'--repository': repository, '--branch': branch}))
      if (given !== undefined) problems.push({origin, message: 'it says nothing without --workflow'});
    return null;
  }
  const file = fileOf(workflow);
  if (!/^[\w.-]+\.ya?ml$/.test(file))
    problems.push({origin: '--workflow', message: 'write the name of its file, such as nightly-drill.yml'});
  const its = repository ?? (env('GITHUB_REPOSITORY') || undefined);
  if (its === undefined || !/^[\w.-]+\/[\w.-]+$/.test(its))
    problems.push({origin: '--repository', message: 'of which repository? Write OWNER/NAME'});
  const name = branch ?? DEFAULT_BRANCH;
  if (!/^[^\s~^:?*[\\]+$/.test(name))
    problems.push({origin: '--branch', message: 'it is no name of a branch'});
  return {repository: its ?? '', workflow: file, branch: name};
}
