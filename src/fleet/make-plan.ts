/**
 * `restore-drill plan`: asks the stores how large the backups are that would be drilled, fetches nothing, and prints the
 * jobs. A store that does not answer now makes a size unknown; what is wrong with it is for the drill to say.
 */
import {createHash, randomBytes} from 'node:crypto';
import {type Flags, type Job, readJobs} from '../config/config.ts';
import {refuseCredentials} from '../config/credentials.ts';
import type {Deps} from '../drill.ts';
import {DrillError, EXIT, throwIfAborted, toDrillError} from '../errors.ts';
import {printable} from '../report/printable.ts';
import {gathered} from '../source/loose-files.ts';
import {openStore} from '../source/open-store.ts';
import {Patience} from '../source/patience.ts';
import {ALL, type Select, select} from '../source/select.ts';
import {selectAll} from '../source/select-all.ts';
import type {Entry, Listing} from '../source/store.ts';
import {MAX_JOBS, type Plan, planOf, type Weighed} from './plan.ts';

export type PlanFlags = Pick<Flags, 'backups' | 'config' | 'set' | 'untrusted'> & {jobs?: string | undefined};
export type Planned = {plan: Plan /** Why sizes are unknown. */; remarks: string[]};

/** More at once than runners that a fleet gets for itself help nobody. */
const DEFAULT_JOBS = 10;
const LISTINGS_AT_ONCE = 8;
/** A plan need not wait for a store as long as a drill does. */
const LISTING_MS = 120_000;

/** Throws DrillError: `usage/invalid`, `config/invalid`, `cancelled`. */
export async function makePlan(flags: PlanFlags, deps: Deps): Promise<Planned> {
  refuseCredentials(flags);
  const jobs = jobsOf(flags.jobs);
  // What is expected of a backup is no business of a plan.
  const backups = await readJobs({...flags, unjudged: true});
  const inexpressible = backups.filter(({name}) => name !== name.trim() || /[,\n]/.test(name));
  if (inexpressible.length > 0) {
    throw new DrillError(
      'config/invalid',
      `a plan names backups, with commas between: ${inexpressible[0]!.name} has one, or spaces around it`,
      {
        hint: 'Rename it in the config.',
      },
    );
  }
  const remarks: string[] = [];
  const weighed: Weighed[] = [];
  const waiting = [...backups.entries()];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, job] = next;
      const size = await sizeOf(job, deps);
      weighed[index] = {name: job.name, sizeBytes: typeof size === 'number' ? size : null};
      if (typeof size === 'string') remarks.push(`${job.name}: its size is not known: ${size}`);
    }
  };
  await Promise.all(Array.from({length: LISTINGS_AT_ONCE}, worker));
  throwIfAborted(deps.signal);
  return {plan: planOf(weighed, {jobs, id: newId(weighed)}), remarks};
}

/** Or why it is not known. */
async function sizeOf({source}: Job, deps: Deps): Promise<number | string> {
  const {deadlineMs, ...limits} = source.patience;
  const patience = new Patience({...limits, deadlineMs: Math.min(deadlineMs, LISTING_MS)}, deps.signal);
  try {
    await using store = await openStore(source, deps);
    const listing = await patience.persist('listing the backups', attempt => store.list(attempt));
    const whole = gathered(listing, source.load ?? 'auto');
    const {select: how} = source;
    const entries = how.pick === ALL ? selectAll(whole, how, Date.now()) : oneOf(whole, how);
    if (typeof entries === 'string') return entries;
    if (entries.length === 0) return 'no backup is there, or none that select.within allows';
    const sizes = entries.map(({sizeBytes}) => sizeBytes);
    if (sizes.includes(null)) return 'its store does not tell';
    return sizes.reduce<number>((sum, size) => sum + size!, 0);
  } catch (thrown) {
    const {code, message} = toDrillError(thrown);
    if (code === 'cancelled' || code === 'bug/internal') throw thrown;
    return message;
  }
}

function oneOf(listing: Listing, how: Select): Entry[] | string {
  const selection = select(listing, how, {now: Date.now(), random: Math.random()});
  return selection.found ? [selection.entry] : selection.reason.message;
}

/** Another one each time: the reports of last night are of another plan, though it looks the same. */
const newId = (weighed: Weighed[]): string =>
  createHash('sha256').update(randomBytes(16)).update(JSON.stringify(weighed)).digest('hex').slice(0, 32);

function jobsOf(text: string | undefined): number {
  const jobs = text === undefined ? DEFAULT_JOBS : /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (jobs >= 1 && jobs <= MAX_JOBS) return jobs;
  throw new DrillError(
    'usage/invalid',
    `--jobs: ${MAX_JOBS} at most, which is what a matrix of GitHub takes`,
    {
      hint: 'Write a number of jobs, such as 10.',
    },
  );
}

type Step = {
  output(name: string, value: string): void;
  warning(text: string): void;
  error(text: string): void;
};

/** The same in a workflow; answers the exit code. */
export async function planStep(flags: PlanFlags, deps: Deps, step: Step): Promise<number> {
  try {
    const {plan, remarks} = await makePlan(flags, deps);
    for (const remark of remarks) step.warning(printable(remark));
    step.output('matrix', JSON.stringify(plan));
    return EXIT.passed;
  } catch (thrown) {
    const {message, hint, exitCode} = toDrillError(thrown);
    step.error(`${printable(message)}\nHINT: ${hint}`);
    return exitCode;
  }
}
