/**
 * Is there memory enough for the dataset, as far as that can be known before a server is started? A drill that surely
 * cannot be held is not begun; one that only may run out of it is begun, and warned of. The reasons for the bounds are in
 * docs/decisions/0046.
 */
import {readFile, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {DrillError} from '../errors.ts';
import type {DumpHeader} from './choose-image.ts';
import type {Payload} from './payload.ts';

/** What it holds as it says, and what limits it: an engine, a cgroup, a machine. */
export type Room = {bytes: number; of: string /** Somebody who knows better has named it. */; asked: boolean};

/** A dataset takes more memory than its dump has bytes; this much less is never enough. */
const LEAST_OF_DUMP = 0.75;
/** The producer's own figure has its clients and buffers in it, and its encodings: only this small a part is surely not enough. */
const LEAST_OF_USED = 0.25;

/** Throws `capacity/memory`, with figures, where the server would surely be killed. */
export async function assertRoom(
  payload: Payload,
  {usedMemoryBytes = null}: DumpHeader,
  room: Room,
): Promise<void> {
  // Of an AOF the commands may write the same key over and over.
  const dumpBytes = payload.kind === 'rdb' ? (await stat(payload.path)).size : 0;
  const bySize = room.bytes < dumpBytes * LEAST_OF_DUMP;
  const byUse = !room.asked && room.bytes < (usedMemoryBytes ?? 0) * LEAST_OF_USED;
  if (!bySize && !byUse) return;
  const needed = bySize
    ? `the dump alone has ${size(dumpBytes)}`
    : `its producer used ${size(usedMemoryBytes!)} when it was written`;
  throw new DrillError(
    'capacity/memory',
    `the server would have ${size(room.bytes)} of memory (${room.of}), and ${needed}: nothing was started`,
    {
      hint: room.asked
        ? 'Raise the limit: --set server.memory=SIZE.'
        : 'Drill on a machine with more memory. If you know that the dataset takes less, say how much: --set server.memory=SIZE.',
      facts: {availableBytes: room.bytes, dumpBytes, ...(usedMemoryBytes !== null && {usedMemoryBytes})},
    },
  );
}

/** `8.2 GB`. */
function size(bytes: number): string {
  const [unit, divisor] = bytes < 1e9 ? ['MB', 1e6] : ['GB', 1e9];
  return `${(bytes / (divisor as number)).toFixed(1)} ${unit}`;
}

/** Where the kernel tells; another root is for tests. */
type Kernel = {proc: string; cgroups: string};
const KERNEL: Kernel = {proc: '/proc', cgroups: '/sys/fs/cgroup'};

/** What a process of ours can have at most: what the machine has to give, within the limits of our cgroup and those above. */
export async function roomHere(kernel = KERNEL): Promise<Room | null> {
  const free = await machineBytes(kernel);
  const limits = await cgroupLimits(kernel);
  const limit = Math.min(...limits);
  if (free === null && limits.length === 0) return null;
  return free === null || limit < free
    ? {bytes: limit, of: 'the limit of its cgroup', asked: false}
    : {bytes: free, of: 'available on this machine', asked: false};
}

/** With what can be taken back from the page cache, and with swap; `null` where there is no /proc. */
async function machineBytes({proc}: Kernel): Promise<number | null> {
  const text = await textOf(join(proc, 'meminfo'));
  const kilobytes = (name: string) =>
    Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1] ?? Number.NaN);
  const bytes = (kilobytes('MemAvailable') + (kilobytes('SwapFree') || 0)) * 1024;
  return Number.isNaN(bytes) ? null : bytes;
}

/** `0::/path` is version 2, `4:memory:/path` version 1. Inside a container the path may be one of the machine around it. */
async function cgroupLimits({proc, cgroups}: Kernel): Promise<number[]> {
  const lines = (await textOf(join(proc, 'self/cgroup')))
    .split('\n')
    .map(line => /^\d+:([^:]*):(.*)$/.exec(line));
  const files = lines.flatMap(line => {
    const [, controllers, path] = line ?? [];
    if (path === undefined) return [];
    if (controllers === '') return upwards(cgroups, path).map(directory => join(directory, 'memory.max'));
    if (!controllers!.split(',').includes('memory')) return [];
    return upwards(join(cgroups, 'memory'), path).map(directory => join(directory, 'memory.limit_in_bytes'));
  });
  const texts = await Promise.all(files.map(textOf));
  // No limit is the word `max`, or a number that no machine has.
  return texts
    .map(text => (/^\d+\s*$/.test(text) ? Number(text) : Number.NaN))
    .filter(limit => limit < NO_LIMIT);
}

const NO_LIMIT = 2 ** 60;

/** The directory itself and all above it, up to the root of the hierarchy. */
function upwards(root: string, path: string): string[] {
  const steps = path.split('/').filter(step => step !== '' && step !== '..');
  return Array.from({length: steps.length + 1}, (_, n) => join(root, ...steps.slice(0, n)));
}

const textOf = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
