/**
 * What tests of sources fetch from, each a real program that nobody here wrote: rclone, sshd, nginx and moto (an S3), all
 * from Debian's packages, none started here. What cannot be had is skipped, with why.
 */
import {existsSync} from 'node:fs';
import {mkdir, readdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {aptInstall} from './apt.mjs';
import {hasApt, isRoot, run, step, which} from './run.mjs';
import {told, unpackedFrom, unpackedRoot} from './unpacked.mjs';

/** @typedef {{path: string} | {reason: string}} Program */

/** `lsjson --stat` and the exit codes that we read are older, but tests should run on what people have. */
const RCLONE_SINCE = [1, 60];
/** What Debian's stable releases lack; unpacked with all it needs, it runs on any of them. */
const SUITE = 'sid';

/** Programs that lie where only root looks. */
const SBIN = '/usr/sbin';

/** @returns {Promise<Record<'rclone' | 'sshd' | 'nginx' | 'moto', Program>>} */
export async function ensureStores() {
  return {
    sshd: await installed('sshd', 'openssh-server'),
    nginx: await installed('nginx', 'nginx-light'),
    rclone: await ensureRclone(),
    moto: await ensureMoto(),
  };
}

/** @param {string} program @param {string} name of the package @returns {Promise<Program>} */
async function installed(program, name) {
  const find = () => which(program) ?? [path.join(SBIN, program)].find(existsSync);
  const found = find();
  if (found) return {path: found};
  if (!hasApt() || !isRoot()) return {reason: `there is no ${program}, and installing it takes root and apt`};
  try {
    await step(`installing ${name} from Debian's packages, for tests`, () =>
      aptInstall([name], {startServices: false}),
    );
  } catch (error) {
    return {reason: told(error)};
  }
  const now = find();
  return now ? {path: now} : {reason: `${program} is missing after all`};
}

/** On the PATH, or unpacked in our cache. @returns {Promise<Program>} */
async function ensureRclone() {
  const own = path.join(unpackedRoot('rclone'), 'usr', 'bin', 'rclone');
  for (const file of [which('rclone'), own]) {
    if (file !== undefined && (await isNewEnough(file))) return {path: file};
  }
  const reason = await unpackedFrom({name: 'rclone', suite: SUITE, packages: ['rclone']});
  if (reason !== undefined) return {reason};
  return (await isNewEnough(own)) ? {path: own} : {reason: `rclone of ${SUITE} does not run here`};
}

/** An S3 of Python's, with the Python that it was packaged for. @returns {Promise<Program>} */
async function ensureMoto() {
  const root = unpackedRoot('moto');
  const file = path.join(root, 'run', 'moto_server');
  const runs = async () => (await run(file, ['--help'])).code === 0;
  if (existsSync(file) && (await runs())) return {path: file};
  const packages = ['python3-moto', 'python3-flask', 'python3-flask-cors'];
  const reason = await unpackedFrom({name: 'moto', suite: SUITE, packages});
  if (reason !== undefined) return {reason};
  const libraries = (await readdir(path.join(root, 'usr/lib'))).find(name => name.endsWith('-linux-gnu'));
  const lines = [
    '#!/bin/sh',
    'root=$(dirname "$(dirname "$0")")',
    `lib=$root/usr/lib/${libraries}`,
    'export PYTHONHOME="$root/usr" PYTHONPATH="$root/usr/lib/python3/dist-packages" PYTHONDONTWRITEBYTECODE=1',
    'exec "$(ls "$lib"/ld-linux*.so.*)" --library-path "$lib" "$root/usr/bin/python3" "$root/usr/bin/moto_server" "$@"',
  ];
  await mkdir(path.dirname(file), {recursive: true});
  await writeFile(file, `${lines.join('\n')}\n`, {mode: 0o755});
  return (await runs()) ? {path: file} : {reason: `moto of ${SUITE} does not run here`};
}

/** @param {string} file */
async function isNewEnough(file) {
  const {code, stdout} = await run(file, ['version']);
  const [, major = 0, minor = 0] = (stdout.match(/^rclone v(\d+)\.(\d+)/) ?? []).map(Number);
  const [sinceMajor = 0, sinceMinor = 0] = RCLONE_SINCE;
  return code === 0 && (major > sinceMajor || (major === sinceMajor && minor >= sinceMinor));
}
