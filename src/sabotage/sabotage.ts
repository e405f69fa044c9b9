/**
 * Does the drill find it out? Damaged copies of one backup, made one at a time in a private directory, each drilled as
 * the backup itself would be. In: a job whose backup has just passed. Out: what came of each copy; the backup itself is
 * only ever read.
 */
import {chmod, constants, copyFile, mkdir, stat} from 'node:fs/promises';
import {basename, join} from 'node:path';
import {dirname} from 'node:path/posix';
import {type Deps, type DrillJob, drill} from '../drill.ts';
import {DrillError, EXIT, errorExitCode, throwIfAborted} from '../errors.ts';
import {thisDrill} from '../private/owner.ts';
import {makePrivateDirectory, serverUser} from '../private/private-dir.ts';
import type {DrillReport} from '../report/drill-report.ts';
import {LATEST} from '../source/select.ts';
import type {AofFile, AofFiles} from '../unpack/aof-files.ts';
import {resolveKeys} from '../unpack/keys.ts';
import {unpack} from '../unpack/unpack.ts';
import {aofSabotages} from './aof-damage.ts';
import {bitFlipped, DAMAGES, type Damage, halved, type Needs, type Sabotage} from './damage.ts';
import {allKeys, halfOfKeys, noChecksum, oneValue, tooNew} from './dump-damage.ts';
import {repack} from './repack.ts';
import type {Attempt} from './sabotage-report.ts';

const OF_ANY_FILE: Sabotage[] = DAMAGES.map(damage => ({damage}));
const OF_DUMP: Sabotage[] = [
  {damage: tooNew},
  {damage: noChecksum, warning: 'backup/checksum-absent'},
  {damage: halfOfKeys, needs: 'counts'},
  {damage: allKeys, needs: 'counts'},
  {damage: oneValue, needs: 'digest'},
];
/** What is packed soundly may have been damaged before. */
const BEFORE_PACKING: Sabotage[] = [halved, bitFlipped].map(damage => ({damage}));

/** Its commands carry no checksum: where the packing has none either, only a digest tells. */
const OF_PACKED_AOF: Sabotage[] = DAMAGES.map(damage => ({damage, needs: 'digest'}));

/**
 * What to copy and damage: the backup as it is stored, or what is packed in it. `files`: of a directory. `packAs`: where it
 * lies in the archive that the copy is put into again.
 */
type Victim = {path: string; of: Attempt['of']; files?: readonly AofFile[]; packAs?: string};
/** The backup itself, and what its own drill said. */
export type Original = {path: string; report: DrillReport};

export async function sabotage(
  original: Original,
  job: DrillJob,
  deps: Deps,
  tell: (attempt: Attempt) => void = () => {},
): Promise<Attempt[]> {
  const run = new Run(original, job, deps, tell);
  const backup: Victim = {path: original.path, of: 'backup'};
  if (!original.report.aof) await run.all(backup, OF_ANY_FILE);
  else if (original.report.backup?.packing?.length) await run.all(backup, OF_PACKED_AOF);
  const {dump} = await unpack(original.path, deps, {
    keys: resolveKeys(job.decrypt, deps),
    limits: job.limits,
    checksums: [],
  });
  if (dump === null) throw changed(original.path);
  await using plain = dump;
  const isDirectory = plain.aof && (await stat(original.path)).isDirectory();
  const loose = isDirectory ? {files: plain.aof!.files} : {};
  if (plain.aof && plain.packing.length > 0) await run.repacked(plain.aof, plain.nameInside);
  else if (plain.aof) await run.all({...backup, ...loose}, await aofSabotages(plain.aof, deps));
  else if (plain.packing.length === 0) await run.all({...backup, path: plain.path}, OF_DUMP);
  else await run.all({path: plain.path, of: 'dump'}, [...BEFORE_PACKING, ...OF_DUMP]);
  return run.attempts;
}

/** The same job for a file that lies here. */
export const locally = (job: DrillJob, path: string): DrillJob => ({
  ...job,
  source: {...job.source, spec: path, select: LATEST, access: {}},
});

class Run {
  readonly attempts: Attempt[] = [];
  readonly #original: Original;
  readonly #job: DrillJob;
  readonly #deps: Deps;
  readonly #tell: (attempt: Attempt) => void;

  constructor(original: Original, job: DrillJob, deps: Deps, tell: (attempt: Attempt) => void) {
    this.#original = original;
    this.#job = job;
    this.#deps = deps;
    this.#tell = tell;
  }

  async all(victim: Victim, sabotages: Sabotage[]): Promise<void> {
    for (const sabotage of sabotages) {
      const attempt = await this.#one(victim, sabotage);
      if (attempt === null) continue;
      this.attempts.push(attempt);
      this.#tell(attempt);
    }
  }

  /** What is red must be so for the damage: so the set, packed as its damaged copies will be, has to pass first. */
  async repacked(aof: AofFiles, nameInside: string | null): Promise<void> {
    const [first] = aof.files as [AofFile];
    const inside = dirname(nameInside ?? first.name);
    const single = aof.files.length === 1;
    const victim: Victim = single
      ? {path: first.path, of: 'aof', packAs: `${inside}/${first.name}`}
      : {path: first.path, of: 'aof', packAs: inside, files: aof.files};
    const sound = await this.#drilled(victim, {name: 'none', inflict: async () => true});
    if (sound?.outcome !== 'passed') throw new Error('an AOF that was packed anew does not pass as it did');
    await this.all(victim, await aofSabotages(aof, this.#deps));
  }

  /** `null` where the damage would change nothing. */
  async #one(victim: Victim, sabotage: Sabotage): Promise<Attempt | null> {
    const report = await this.#drilled(victim, sabotage.damage);
    return report && {damage: sabotage.damage.name, of: victim.of, ...this.#weigh(report, sabotage)};
  }

  async #drilled(victim: Victim, damage: Damage): Promise<DrillReport | null> {
    const {tempDir, run, signal} = this.#deps;
    throwIfAborted(signal);
    await using directory = await makePrivateDirectory(tempDir, {
      tempDir,
      owner: thisDrill(run),
      user: serverUser(),
    });
    const copy = join(directory.path, basename(this.#original.path));
    const {packAs} = victim;
    const ruined = packAs === undefined ? copy : join(directory.path, 'to be packed');
    await copyTo(ruined, victim);
    if (!(await damage.inflict(ruined, signal))) return null;
    if (packAs !== undefined) await repack(ruined, copy, packAs, signal);
    return await drill(locally(this.#job, copy), this.#deps);
  }

  #weigh(report: DrillReport, {needs, warning}: Sabotage): Pick<Attempt, 'result' | 'rule' | 'because'> {
    const {outcome, error, findings, backup} = report;
    if (error && !isRefusal(error.code)) throw new DrillError(error.code, error.message, error);
    const failing = findings.filter(({status}) => status === 'fail');
    const rule = error?.code ?? failing[0]?.rule ?? null;
    if (outcome !== 'passed') return {result: 'red', rule};
    const before = this.#original.report;
    if (failing.some(finding => finding.rule === warning && finding.severity !== 'note'))
      return {result: 'warned', rule: warning!};
    if (backup?.sha256?.plain === before.backup?.sha256?.plain)
      return {result: 'same-dump', rule: null, because: 'the very same dump comes out'};
    if (sameDataset(report, before))
      return {result: 'same-dump', rule: null, because: 'the very same dataset comes out'};
    if (needs && !compares(report, needs))
      return {result: 'beyond', rule: null, because: WHAT_IT_TAKES[needs]};
    if ((before.aof?.base ?? before.inspection)?.checksum !== 'absent') return {result: 'missed', rule: null};
    return {
      result: 'missed',
      rule: null,
      because: 'the dump has no checksum: set rdbchecksum yes at its producer',
    };
  }
}

async function copyTo(copy: string, {path, files}: Victim): Promise<void> {
  if (!files) return await copyOf(path, copy);
  await mkdir(copy);
  await chmod(copy, 0o755);
  for (const file of files) await copyOf(file.path, join(copy, file.name));
}

/** Where the file system can, without a second copy of what stays as it is. */
async function copyOf(path: string, copy: string): Promise<void> {
  await copyFile(path, copy, constants.COPYFILE_FICLONE);
  await chmod(copy, 0o644);
}

/** Commands that change nothing may go: of a dump every byte counts. */
const sameDataset = (report: DrillReport, before: DrillReport): boolean =>
  before.aof !== undefined &&
  report.census?.digest?.hex !== undefined &&
  report.census.digest.hex === before.census?.digest?.hex;

const WHAT_IT_TAKES: Record<Needs, string> = {
  counts: 'only with recorded expectations (--expect) or expect.keys.min',
  digest:
    'only with recorded expectations (--expect), a full drill, and no policy that compares counts alone',
};

/**
 * Refused by name, as a form that cannot be unpacked or a version that no server at hand reads: not green, and said why.
 * Every other error is no answer to the damage.
 */
const isRefusal = (code: DrillError['code']): boolean =>
  code === 'server/none-new-enough' || (errorExitCode(code) === EXIT.usage && code.startsWith('unpack/'));

/** Whether the drill compared such a thing at all: then it has let the loss pass. */
function compares({findings}: DrillReport, needs: Needs): boolean {
  const rules = needs === 'digest' ? /^expect\/digest$/ : /^(expect|policy)\/keys/;
  return findings.some(({rule, status}) => status === 'pass' && rules.test(rule));
}

const changed = (path: string): DrillError =>
  new DrillError('source/changed', `${path} was replaced or changed since its drill passed`, {
    hint: 'Use a copy, or a file that the producer has finished writing.',
  });
