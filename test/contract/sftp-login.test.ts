/** Who logs in by SFTP, and to whom: keys, passphrases, the agent, and hosts that are not the one that is known. */
import {execFileSync, spawn} from 'node:child_process';
import {randomBytes} from 'node:crypto';
import {copyFileSync, existsSync, readFileSync, writeFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, expect, test} from '@jest/globals';
import type {Access} from '../../src/source/source-job.ts';
import {scratch} from '../drills.ts';
import {skippedBecause} from '../servers.ts';
import {outcome} from '../stores/fetched.ts';
import {PLACES, type RunningPlace} from '../stores/places.ts';

const {start, missing} = PLACES.find(({name}) => name.startsWith('SFTP'))!;
const it = missing === undefined ? (test as unknown as typeof test.skip) : skippedBecause(missing);
const dir = scratch();
const temp = scratch();
const BYTES = randomBytes(100_000);
let place: RunningPlace;
beforeAll(async () => {
  if (missing !== undefined) return;
  place = await start();
  await place.put('dump.rdb', BYTES);
});
afterAll(async () => {
  await place?.[Symbol.asyncDispose]();
  dir.dispose();
  temp.dispose();
});

const came = (access: Access, env: Record<string, string> = {}) => {
  const reached = place.reach('dump.rdb');
  return outcome(
    {...reached, access: {...reached.access, ...access}, env: {HOME: dir.path, ...env}},
    temp.path,
    BYTES,
  );
};
const key = () => readFileSync(place.reach('').access!.identityFile!, 'utf8');

it('with a key from the environment', async () => {
  expect(await came({identityFile: undefined, identity: 'env:KEY'}, {KEY: key()})).toBe('whole');
});

it('with a key that has a passphrase, and not without it', async () => {
  const file = dir.file('locked');
  copyFileSync(place.reach('').access!.identityFile!, file);
  execFileSync('ssh-keygen', ['-q', '-p', '-N', 'open sesame', '-f', file]);
  expect(await came({identityFile: file, passphrase: 'env:PHRASE'}, {PHRASE: 'open sesame'})).toBe('whole');
  expect(await came({identityFile: file, passphrase: 'env:PHRASE'}, {PHRASE: 'wrong'})).toBe('source/denied');
  expect(await came({identityFile: file})).toBe('source/denied');
});

it('with ssh-agent', async () => {
  const socket = dir.file('agent.sock');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], {stdio: 'ignore'});
  try {
    while (!existsSync(socket)) await sleep(20);
    const env = {SSH_AUTH_SOCK: socket};
    expect(await came({identityFile: undefined}, env)).toBe('source/denied');
    execFileSync('ssh-add', ['-q', place.reach('').access!.identityFile!], {env: {...process.env, ...env}});
    expect(await came({identityFile: undefined}, env)).toBe('whole');
  } finally {
    agent.kill();
  }
});

it('not to a host that is not known, nor to one that shows another key', async () => {
  writeFileSync(dir.file('empty'), '');
  expect(await came({knownHosts: dir.file('empty')})).toBe('source/unreachable');
  expect(await came({knownHosts: dir.file('none')})).toBe('source/unreachable');
  const known = readFileSync(place.reach('').access!.knownHosts!, 'utf8').split(' ');
  const other = readFileSync(`${place.reach('').access!.identityFile!}.pub`, 'utf8').split(' ')[1];
  writeFileSync(dir.file('other'), `${known[0]} ssh-ed25519 ${other}\n`);
  expect(await came({knownHosts: dir.file('other')})).toBe('source/unreachable');
});

it('not with what is no key', async () => {
  expect(await came({identityFile: undefined, identity: 'env:KEY'}, {KEY: 'rubbish'})).toBe('source/denied');
  expect(await came({identityFile: undefined, identity: 'env:KEY'})).toBe('source/denied');
  expect(await came({identityFile: dir.file('nowhere')})).toBe('source/denied');
});
