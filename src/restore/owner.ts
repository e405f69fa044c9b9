/**
 * Who made a container or directory, written on it so that a later drill on the same machine can tell what is left
 * over from a dead one. Removed is only what is provably dead, or past its deadline, on this very host.
 */
import {randomBytes} from 'node:crypto';
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

export function thisDrill(): Owner {
  return {
    run: randomBytes(8).toString('hex'),
    host: hostname(),
    boot: readOrEmpty('/proc/sys/kernel/random/boot_id'),
    pidNamespace: pidNamespace(),
    pid: process.pid,
    processStart: processStart(process.pid),
    deadline: Date.now() + DEADLINE_MS,
  };
}

export function isDead(owner: Owner, now: Owner = thisDrill()): boolean {
  if (owner.host !== now.host) return false;
  if (Date.now() > owner.deadline) return true;
  // Without /proc nothing but the deadline can be proved.
  if (owner.boot === '' || now.boot === '') return false;
  if (owner.boot !== now.boot) return true;
  return owner.pidNamespace === now.pidNamespace && processStart(owner.pid) !== owner.processStart;
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
