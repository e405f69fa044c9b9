/**
 * Docker Engine wants control groups mounted; with no init system to do it (a bare virtual machine, a chroot) nobody
 * has. Mounts what the kernel offers, and only where nothing is mounted at all.
 */
import {mkdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import {run} from './run.mjs';

const TOP = '/sys/fs/cgroup';

/** @returns {Promise<string | undefined>} what was done, or went wrong, in words */
export async function mountCgroups() {
  const mounts = await readFile('/proc/self/mounts', 'utf8').catch(() => '');
  if (mounts.split('\n').some(line => (line.split(' ')[1] ?? '').startsWith(TOP))) return undefined;
  const controllers = usedByVersion1(await readFile('/proc/cgroups', 'utf8').catch(() => ''));
  if (controllers.length === 0) return mount(['-t', 'cgroup2', 'cgroup2', TOP]);
  // Somebody on this kernel has bound the controllers to the old layout; version 2 would be empty.
  const failed = await mount(['-t', 'tmpfs', '-o', 'mode=755', 'cgroup', TOP]);
  for (const controller of controllers) {
    const folder = path.join(TOP, controller);
    await mkdir(folder, {recursive: true}).catch(() => undefined);
    await mount(['-t', 'cgroup', '-o', controller, 'cgroup', folder]);
  }
  return failed;
}

/** Controllers with a hierarchy of version 1: name, hierarchy, number of groups, enabled. @param {string} table */
function usedByVersion1(table) {
  return table
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('#'))
    .map(line => line.split(/\s+/))
    .filter(([, hierarchy, , enabled]) => hierarchy !== '0' && enabled === '1')
    .map(([name = '']) => name);
}

/** @param {string[]} args */
async function mount(args) {
  const {code, stderr} = await run('mount', args);
  return code === 0 ? undefined : `control groups could not be mounted (${stderr.trim()})`;
}
