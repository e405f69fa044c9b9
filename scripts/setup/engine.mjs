/**
 * Sees to a container engine: uses the one that answers; else, as root on Debian or Ubuntu, installs Docker Engine,
 * and where no systemd starts it, starts it here, detached. Where it cannot run, says why; the drill has another way.
 */
import {spawn} from 'node:child_process';
import {closeSync, openSync} from 'node:fs';
import {mkdir, readFile, rm, stat} from 'node:fs/promises';
import path from 'node:path';
import {aptInstall} from './apt.mjs';
import {mountCgroups} from './cgroups.mjs';
import {DEFAULT_SOCKET, findEngine} from './docker.mjs';
import {CACHE, hasApt, isRoot, run, SetupError, say, sleep, step, which} from './run.mjs';

const STATE = path.join(CACHE, 'engine');
const EXEC = path.join(STATE, 'exec');
const PID_FILE = path.join(STATE, 'pid');
const LOG_FILE = path.join(STATE, 'log');

/** It takes one second here; a first start on a slow disk has been seen to take ten. */
const START_MS = 40_000;
/** It takes three seconds here, with no container running. */
const STOP_MS = 20_000;

/** What to leave out when the log says that the kernel or the container around us forbids it. */
const CONCESSIONS = [
  {
    when: /iptables|nf_tables|NAT chain/i,
    args: ['--iptables=false', '--ip6tables=false'],
    what: 'without iptables',
  },
  {
    when: /graphdriver|overlay|snapshotter/i,
    args: ['--storage-driver=vfs'],
    what: 'without overlay file systems',
  },
];

/** `fresh`: it was started just now, and nobody has seen it run a container yet. */
/** @typedef {{engine: import('./docker.mjs').Engine, fresh?: boolean} | {reason: string}} Found */

/** @returns {Promise<Found>} */
export async function ensureEngine() {
  const first = await findEngine();
  if ('engine' in first || process.env.DOCKER_HOST) return first;
  const daemon = which('dockerd');
  if (!isRoot()) return {reason: `${first.reason}, and only root can ${daemon ? 'start' : 'install'} one`};
  if (!daemon) {
    if (!hasApt()) return {reason: `${first.reason}, and there is no apt here to install one with`};
    try {
      await step("installing Docker Engine from Debian's packages", () =>
        aptInstall(['docker.io'], {startServices: true}),
      );
    } catch (error) {
      return {reason: `Docker Engine could not be installed: ${/** @type {Error} */ (error).message}`};
    }
  }
  if (await startedBySystemd()) return findEngine();
  return step('starting Docker Engine', startOwn);
}

/** The package starts its service by itself where systemd runs; a stopped one is started. */
async function startedBySystemd() {
  if (!(await isDirectory('/run/systemd/system'))) return 'engine' in (await findEngine());
  const {code} = await run('systemctl', ['start', 'docker']);
  return code === 0 && waitForEngine(() => false);
}

/** @returns {Promise<Found>} */
async function startOwn() {
  await clearStale();
  const cgroups = await mountCgroups();
  if (cgroups) say(cgroups);
  /** @type {string[]} */
  const args = [];
  for (;;) {
    if (await start(args)) return {...(await findEngine()), fresh: true};
    const log = await readFile(LOG_FILE, 'utf8').catch(() => '');
    const fatal = fatalLine(log);
    const concession = CONCESSIONS.find(
      ({when, args: [first = '']}) => when.test(fatal) && !args.includes(first),
    );
    if (!concession) return {reason: `Docker Engine does not run here: ${fatal}`};
    say(`Docker Engine: ${fatal}; trying again ${concession.what}`);
    args.push(...concession.args);
  }
}

/** @param {string[]} extra @returns {Promise<boolean>} whether it answers */
async function start(extra) {
  await mkdir(STATE, {recursive: true, mode: 0o700});
  await mkdir(path.dirname(DEFAULT_SOCKET), {recursive: true});
  const log = openSync(LOG_FILE, 'w');
  const child = spawn(
    which('dockerd') ?? 'dockerd',
    [
      ...['--data-root', path.join(STATE, 'data'), '--exec-root', EXEC, '--pidfile', PID_FILE],
      ...['--host', `unix://${DEFAULT_SOCKET}`, ...extra],
    ],
    {cwd: '/', detached: true, stdio: ['ignore', log, log]},
  );
  closeSync(log);
  let ended = false;
  child.on('error', () => {
    ended = true;
  });
  child.on('exit', () => {
    ended = true;
  });
  const answers = await waitForEngine(() => ended);
  if (!answers && !ended) child.kill();
  while (!answers && !ended) await sleep(50);
  child.unref();
  return answers;
}

/** @param {() => boolean} ended */
async function waitForEngine(ended) {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline && !ended()) {
    if ('engine' in (await findEngine())) return true;
    await sleep(100);
  }
  return false;
}

/**
 * After a reboot or a kill, files name processes that are gone, or that are someone else's by now; dockerd would
 * then refuse to start.
 */
async function clearStale() {
  const files = [PID_FILE, path.join(EXEC, 'containerd', 'containerd.pid')];
  for (const file of files) if (!(await ownProcess(file))) await rm(file, {force: true});
}

/** The process that a pid file of ours names, if it still is what we started. @param {string} file */
async function ownProcess(file) {
  const pid = Number.parseInt(await readFile(file, 'utf8').catch(() => ''), 10);
  if (!(pid > 1)) return undefined;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return commandLine.includes(STATE) ? pid : undefined;
}

/** Why the daemon gave up, in its own words. @param {string} log */
function fatalLine(log) {
  const lines = log.trim().split('\n');
  const fatal = lines.findLast(line => /level=fatal|failed to start daemon/.test(line)) ?? lines.at(-1) ?? '';
  const message = fatal.match(/msg="((?:[^"\\]|\\.)*)"/)?.[1] ?? fatal;
  return message.replaceAll('\\"', '"') || 'it said nothing';
}

/** Ends the engine that setup started, and no other. */
export async function stopEngine() {
  const pid = await ownProcess(PID_FILE);
  if (pid === undefined) {
    say('no engine was started by setup');
    return;
  }
  process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + STOP_MS;
  while ((await ownProcess(PID_FILE)) !== undefined) {
    if (Date.now() > deadline) {
      throw new SetupError(`dockerd (process ${pid}) does not end`, `See ${LOG_FILE}.`);
    }
    await sleep(100);
  }
  say(`stopped the engine that setup had started (process ${pid})`);
}

/** @param {string} folder */
async function isDirectory(folder) {
  return stat(folder).then(
    found => found.isDirectory(),
    () => false,
  );
}
