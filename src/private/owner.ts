/**
 * Who made a container or directory, written on it so that a later drill on the same machine can tell what is left
 * over from a dead one. Removed is only what is provably dead, or past its deadline, on this very host.
 */
import {createHash, randomBytes} from 'node:crypto';
import {readFileSync, readlinkSync} from 'node:fs';
import {hostname} from 'node:os';
import {z} from 'zod';

export const ownerSchema = z.object({
  run: z.string(),
  host: z.string(),
  /** Changes with each boot of the kernel; empty where there is no /proc. */
  boot: z.string(),
  /** Process ids mean something within one namespace only: job containers on one machine have one each. */
  pidNamespace: z.string(),
  pid: z.coerce.number(),
  /** Clock ticks from boot to the process' start: tells a process from a later one with the same pid. */
  processStart: z.string(),
  /** Unix milliseconds. */
  deadline: z.coerce.number(),
});
export type Owner = z.infer<typeof ownerSchema>;

const FIELDS = ['run', 'host', 'boot', 'pidNamespace', 'pid', 'processStart', 'deadline'] as const;
const LABEL_PREFIX = 'restore-drill.';

/** On every container of ours; nothing else carries it. */
export const RUN_LABEL = `${LABEL_PREFIX}run`;

export function toLabels(owner: Owner): Record<string, string> {
  return Object.fromEntries(FIELDS.map(field => [`${LABEL_PREFIX}${field}`, String(owner[field])]));
}

/** `null` when the labels are not ours, or not whole. */
export function fromLabels(labels: Record<string, string>): Owner | null {
  return (
    ownerSchema.safeParse(Object.fromEntries(FIELDS.map(field => [field, labels[`${LABEL_PREFIX}${field}`]])))
      .data ?? null
  );
}

/** Four times the longest job that GitHub runs: nothing of ours is alive after that. */
const DEADLINE_MS = 24 * 60 * 60_000;

/** `run`: of the edge that started the drill, so that its clean-up finds what is left; without one, one is made. */
export function thisDrill(run: string = randomBytes(8).toString('hex')): Owner {
  return {
    run,
    host: hostname(),
    boot: readOrEmpty('/proc/sys/kernel/random/boot_id'),
    pidNamespace: pidNamespace(),
    pid: process.pid,
    processStart: processStart(process.pid),
    deadline: Date.now() + DEADLINE_MS,
  };
}

export function isDead(owner: Owner, now: Owner = thisDrill()): boolean {
  // A job container has a host name of its own, but the kernel of the machine around it.
  const sameKernel = owner.boot !== '' && owner.boot === now.boot;
  if (owner.host !== now.host && !sameKernel) return false;
  if (Date.now() > owner.deadline) return true;
  // Without /proc nothing but the deadline can be proved, nor of a container or a clone of this machine.
  if (owner.host !== now.host || owner.boot === '' || now.boot === '') return false;
  if (owner.boot !== now.boot) return true;
  return owner.pidNamespace === now.pidNamespace && isGone(owner.pid, start => start === owner.processStart);
}

/** On every private directory of ours, followed by who made it; nothing else has both. */
const DIRECTORY_PREFIX = 'restore-drill-';
const MARK = /^restore-drill-([0-9a-f]{6})([0-9a-f]{6})([0-9a-f]{4})-([0-9a-z]+)-([0-9a-z]+)-/;
/** The name of a host, boot or namespace, short enough for the path of a socket. */
const short = (text: string, digits: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, digits);
const base36 = (digits: string): string => Number(digits).toString(36);

/**
 * The beginning of the name of a private directory. It says in short what owner.json says in full, because a drill may
 * be killed before it has written that.
 *
 *     restore-drill-hhhhhhbbbbbbnnnn-pid-start-    host, boot, pid namespace (hashed); pid, process start (base 36)
 */
export function directoryPrefix({host, boot, pidNamespace, pid, processStart}: Owner): string {
  const where = `${short(host, 6)}${short(boot, 6)}${short(pidNamespace, 4)}`;
  return `${DIRECTORY_PREFIX}${where}-${pid.toString(36)}-${base36(processStart)}-`;
}

/** Whether the owner that a directory's name tells of is provably dead; `false` for names that tell of none. */
export function isDeadByName(name: string, now: Owner = thisDrill()): boolean {
  const [, host, boot, pidNamespace, pid, start] = MARK.exec(name) ?? [];
  if (host === undefined || now.boot === '' || host !== short(now.host, 6)) return false;
  if (boot === short('', 6)) return false;
  if (boot !== short(now.boot, 6)) return true;
  if (pidNamespace !== short(now.pidNamespace, 4)) return false;
  return isGone(Number.parseInt(pid!, 36), text => base36(text) === start);
}

/** Whether a process has ended; another one may have its id by now. */
function isGone(pid: number, isItsStart: (start: string) => boolean): boolean {
  const start = processStart(pid);
  if (start !== '') return !isItsStart(start);
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // EPERM: it lives, but /proc hides the processes of others (hidepid).
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}

/** `pid:[4026531836]`; empty where there is no /proc. */
function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}

/** Field 22 of /proc/PID/stat, counted after the command's closing bracket because a command may hold spaces. */
export function processStart(pid: number): string {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}
