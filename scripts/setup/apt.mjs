/**
 * Debian's package tools, for two ends: installing on this machine, and fetching the packages of another release
 * into a folder, without this machine noticing. Mirrors are those that the machine's own apt names; none is written here.
 */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, rmSync} from 'node:fs';
import {mkdir, readdir, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {mustRun, run, SetupError} from './run.mjs';

const UNATTENDED = {...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8'};
/** A machine that has just started may be installing its own updates. */
const PATIENT = ['-o', 'DPkg::Lock::Timeout=120'];
const POLICY_FILE = '/usr/sbin/policy-rc.d';

/** A fresh machine has no package lists at all; one update per run of setup is enough. @type {Promise<string> | undefined} */
let updated;

function aptUpdate() {
  updated ??= mustRun('apt-get', ['update', '-q', ...PATIENT], {
    env: UNATTENDED,
    hint: 'Does `apt-get update` work by hand? The network or the sources of apt may be at fault.',
  });
  return updated;
}

/**
 * @param {string[]} packages
 * @param {{startServices: boolean}} options  false: a service that a package brings is neither started nor enabled
 */
export async function aptInstall(packages, {startServices}) {
  await aptUpdate();
  const quiet = !startServices && !existsSync(POLICY_FILE);
  // Whoever starts services asks this program first; 101 means: forbidden.
  if (quiet) await writeFile(POLICY_FILE, '#!/bin/sh\nexit 101\n', {mode: 0o755});
  const interrupted = () => {
    if (quiet) rmSync(POLICY_FILE, {force: true});
    process.exit(130);
  };
  process.on('SIGINT', interrupted).on('SIGTERM', interrupted);
  try {
    await mustRun('apt-get', ['install', '-y', '-q', '--no-install-recommends', ...PATIENT, ...packages], {
      env: UNATTENDED,
    });
  } finally {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    if (quiet) await rm(POLICY_FILE, {force: true});
  }
  if (!startServices && existsSync('/run/systemd/system')) {
    await run('systemctl', ['disable', '--quiet', ...packages]);
  }
}

/** Name and codename of the distribution, from os-release. */
export async function distribution() {
  const text = await readFile('/etc/os-release', 'utf8').catch(() => '');
  const value = (/** @type {string} */ key) =>
    text.match(new RegExp(`^${key}="?([^"\\n]*)"?$`, 'm'))?.[1] ?? '';
  return {id: value('ID'), codename: value('VERSION_CODENAME')};
}

/** The address of the mirror that this machine gets its own release from. @param {string} codename */
async function ownMirror(codename) {
  const known = await listedMirror(codename);
  if (known) return known;
  await aptUpdate(); // A fresh machine knows its sources, but not yet whose they are.
  const mirror = await listedMirror(codename);
  if (mirror) return mirror;
  throw new SetupError(
    'the sources of apt name no mirror of this distribution',
    'See /etc/apt/sources.list.',
  );
}

/** @param {string} codename */
async function listedMirror(codename) {
  const listed = await mustRun('apt-get', [
    'indextargets',
    '--format',
    '$(RELEASE) $(COMPONENT) $(ORIGIN) $(REPO_URI)',
    'Created-By: Packages',
  ]);
  // Others serve a release of the same name (a vendor's own packages): only the distribution itself counts.
  const own = listed
    .split('\n')
    .map(line => line.split(' '))
    .filter(([, component, origin = '']) => component === 'main' && /^(Debian|Ubuntu)$/.test(origin));
  const best =
    own.find(([release]) => release === codename) ??
    own.find(([release = '']) => /^(stable|testing|unstable|sid|oldstable)$/.test(release));
  return best?.slice(3).join(' ');
}

/**
 * Fetches packages of a release with all they depend on, as if nothing were installed, and unpacks them.
 * @param {{suite: string, base?: string | undefined, packages: string[], into: string, work: string}} what
 *   `base` is the release that the suite is an addition to; `work` is a folder of ours
 * @returns {Promise<string>} the version of the first package, as Debian writes it
 */
export async function unpackPackages({suite, base, packages, into, work}) {
  const {id, codename} = await distribution();
  // What Debian calls main is two parts at Ubuntu.
  const components = id === 'ubuntu' ? 'main universe' : 'main';
  const mirror = await ownMirror(codename);
  const options = await privateApt(work);
  const sources = path.join(work, 'sources.list');
  const suites = base === undefined ? [suite] : [base, suite];
  const listed = (/** @type {string} */ trust) =>
    suites.map(name => `deb ${trust}${mirror} ${name} ${components}\n`).join('');
  await writeFile(sources, listed(''));
  const signed = await run('apt-get', ['update', '-q', ...options], {env: UNATTENDED});
  if (signed.code !== 0 || /NO_PUBKEY|not signed/.test(signed.stderr)) {
    // A machine older than the release has no key for it, and one much newer has dropped it. What is fetched here
    // only ever runs as a throwaway server in tests, so it is used unsigned rather than not at all.
    await writeFile(sources, listed('[trusted=yes] '));
    await mustRun('apt-get', ['update', '-q', ...options], {
      env: UNATTENDED,
      hint: `Does this machine's mirror have the release ${suite}?`,
    });
  }
  await mustRun(
    'apt-get',
    [
      ...['install', '-y', '-q', '--download-only', '--no-install-recommends', '-t', suite],
      ...[...options, ...packages],
    ],
    {env: UNATTENDED, hint: `Does ${suite} have these packages?`},
  );
  const archives = path.join(work, 'cache', 'archives');
  const debs = (await readdir(archives)).filter(name => name.endsWith('.deb'));
  await mergedRoot(into);
  for (const deb of debs) await unpack(path.join(archives, deb), into);
  const first = debs.find(name => name.startsWith(`${packages[0]}_`));
  if (first === undefined)
    throw new SetupError(`${packages[0]} was not fetched`, 'See `apt-get --download-only`.');
  return (await mustRun('dpkg-deb', ['-f', path.join(archives, first), 'Version'])).trim();
}

/** What the packages need to be installed, but no server needs to run: apt is told that it is there already. */
const UNWANTED = [
  'adduser',
  'debconf',
  'dpkg',
  'init-system-helpers',
  'lsb-base',
  'passwd',
  'perl',
  'usrmerge',
];

/** Options that give apt lists, cache and an all but empty package database of its own. @param {string} work */
async function privateApt(work) {
  for (const folder of ['lists/partial', 'cache/archives/partial']) {
    await mkdir(path.join(work, folder), {recursive: true});
  }
  const stubs = UNWANTED.map(
    name =>
      `Package: ${name}\nStatus: install ok installed\nVersion: 99:0\nArchitecture: all\nMulti-Arch: foreign\n`,
  );
  await writeFile(path.join(work, 'status'), stubs.join('\n'));
  const settings = {
    'Dir::State': work,
    'Dir::State::Lists': path.join(work, 'lists'),
    'Dir::State::status': path.join(work, 'status'),
    'Dir::Cache': path.join(work, 'cache'),
    'Dir::Etc::sourcelist': path.join(work, 'sources.list'),
    'Dir::Etc::sourceparts': '-',
    'Dir::Etc::preferencesparts': '-',
    // Images of containers often turn this off; then each call reads the whole list of packages anew.
    'Dir::Cache::pkgcache': 'pkgcache.bin',
    'Acquire::Languages': 'none',
    'Acquire::GzipIndexes': 'false',
    // An archived release is past its date.
    'Acquire::Check-Valid-Until': 'false',
    // The folder may be closed to the user that apt would fetch as.
    'APT::Sandbox::User': 'root',
  };
  return Object.entries(settings).flatMap(([key, value]) => ['-o', `${key}=${value}`]);
}

/** An empty root with the links of a merged /usr, so that old and new packages land in the same folders. @param {string} into */
async function mergedRoot(into) {
  for (const name of ['bin', 'sbin', 'lib', 'lib64', 'lib32']) {
    await mkdir(path.join(into, 'usr', name), {recursive: true});
    await symlink(`usr/${name}`, path.join(into, name));
  }
}

/**
 * What `dpkg -x` does, but through the links: that replaces them by folders when a package is older than the merge.
 * @param {string} deb
 * @param {string} into
 */
async function unpack(deb, into) {
  const packed = spawn('dpkg-deb', ['--fsys-tarfile', deb], {stdio: ['ignore', 'pipe', 'inherit']});
  const unpacked = spawn('tar', ['-C', into, '--keep-directory-symlink', '-x'], {
    stdio: [packed.stdout, 'inherit', 'inherit'],
  });
  const codes = await Promise.all([once(packed, 'exit'), once(unpacked, 'exit')]);
  if (codes.some(([code]) => code !== 0))
    throw new SetupError(`${path.basename(deb)} cannot be unpacked`, 'Disk full?');
}
