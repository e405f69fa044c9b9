/** A mirror that wants a login: the credentials of the Docker config are used, and what is missing without them is said. */
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {connect} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect} from '@jest/globals';
import {reportSchema} from '../../src/report/drill-report.ts';
import {scratch} from '../drills.ts';
import {imageOf, placeTest, SAMPLE, servers} from '../servers.ts';
import {freePort} from '../stores/programs.ts';
import {drillContainers, privateDirs, type Ran, run} from './cli.ts';
import {ask, DEFAULT_SOCKET} from './engines.ts';

const dir = scratch();
const [USER, PASSWORD] = ['drill', 'hunter2-secret'];
/** bcrypt, the only kind that the registry takes: `perl -e 'print crypt("hunter2-secret", "\$2y\$05\$…")'`. */
const HTPASSWD = `${USER}:$2y$05$abcdefghijklmnopqrstuuco6HW5qgMYWmvqwt2HG533btIvodevS\n`;
const AUTH = Buffer.from(`${USER}:${PASSWORD}`).toString('base64');

type Registry = {address: string; stop(): Promise<void>};

/** Debian's docker-registry; throws where it does not run. */
async function startRegistry(): Promise<Registry> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  writeFileSync(dir.file('htpasswd'), HTPASSWD);
  const config = {
    version: '0.1',
    storage: {filesystem: {rootdirectory: dir.file('storage')}},
    http: {addr: address},
    auth: {htpasswd: {realm: 'drill', path: dir.file('htpasswd')}},
  };
  writeFileSync(dir.file('registry.yml'), JSON.stringify(config));
  const child = spawn('docker-registry', ['serve', dir.file('registry.yml')], {stdio: 'ignore'});
  try {
    await listens(child, port);
  } catch (error) {
    await end(child);
    throw error;
  }
  return {address, stop: () => end(child)};
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  child.kill();
  await once(child, 'exit');
}

async function listens(child: ChildProcess, port: number): Promise<void> {
  let failed: Error | undefined;
  child.on('error', error => {
    failed = error;
  });
  for (let tries = 0; tries < 200; tries += 1) {
    if (failed || child.exitCode !== null) throw failed ?? new Error('it ends at once');
    const socket = connect(port, '127.0.0.1');
    const connected = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (connected) return;
    await sleep(50);
  }
  throw new Error('it does not listen');
}

/** As the mirror of the official image; the machine's engine forgets it again. */
async function push(address: string): Promise<void> {
  const image = `${address}/redis`;
  const auth = {username: USER, password: PASSWORD, serveraddress: address};
  // As base64url, but padded: without that the engine takes it for none.
  const encoded = Buffer.from(JSON.stringify(auth)).toString('base64');
  const headers = {'x-registry-auth': encoded.replaceAll('+', '-').replaceAll('/', '_')};
  const source = imageOf('redis:7.0');
  await ask(DEFAULT_SOCKET, 'POST', `/images/${source}/tag?repo=${encodeURIComponent(image)}&tag=7.0`);
  const pushed = await ask(DEFAULT_SOCKET, 'POST', `/images/${image}/push?tag=7.0`, undefined, headers);
  await forget(address);
  if (pushed.status !== 200 || pushed.body.includes('"error"')) throw new Error(`push: ${pushed.body}`);
}

const forget = (address: string) => ask(DEFAULT_SOCKET, 'DELETE', `/images/${address}/redis:7.0`);

/** A Docker config as docker/login-action leaves it. */
function dockerConfig(name: string, text: string): string {
  const path = dir.file(name);
  mkdirSync(path, {recursive: true});
  writeFileSync(`${path}/config.json`, text);
  return path;
}

const wanted = servers.engine && servers.places?.registry !== undefined && !servers.places.registry.reason;
const started = wanted ? await startRegistry().catch(error => String(error.message)) : undefined;
const registry = typeof started === 'object' ? started : null;
const it = placeTest(
  'registry',
  typeof started === 'string' ? started.replaceAll(/[()\n]/g, ' ') : undefined,
);

describe('a registry that wants a login', () => {
  beforeAll(async () => {
    if (registry) await push(registry.address);
  });
  afterAll(async () => {
    await registry?.stop();
    dir.dispose();
  });

  const drill = async (config: string, ...args: string[]): Promise<Ran & {report: unknown}> => {
    const json = dir.file('report.json');
    rmSync(json, {force: true});
    const env = {RUNNER_TEMP: dir.path, DOCKER_CONFIG: config, DOCKER_AUTH_CONFIG: ''};
    const ran = await run(['drill', SAMPLE, '--server', 'container', '--report-json', json, ...args], {env});
    const report: unknown = JSON.parse(readFileSync(json, 'utf8'));
    const all = ran.stdout + ran.stderr + JSON.stringify(report);
    for (const secret of [PASSWORD, AUTH, encodeURIComponent(PASSWORD)]) expect(all).not.toContain(secret);
    expect(await drillContainers()).toEqual([]);
    expect(privateDirs(dir.path)).toEqual([]);
    return {...ran, report};
  };

  it('as the mirror of official images, with the credentials of the Docker config: pulled and passed', async () => {
    const auths = {[registry!.address]: {auth: AUTH}};
    const config = dockerConfig('with', JSON.stringify({auths}));
    try {
      const ran = await drill(config, '--set', `server.registry=${registry!.address}`);
      expect({exitCode: ran.exitCode, out: ran.stdout}).toMatchObject({exitCode: 0});
      const {server} = reportSchema.parse(ran.report);
      expect(server).toMatchObject({image: `${registry!.address}/redis:7.0`, line: 'redis:7.0'});
    } finally {
      await forget(registry!.address);
    }
  });

  const wrong = Buffer.from(`${USER}:wrong`).toString('base64');
  for (const [title, auths] of [
    ['without them', {}],
    ['with wrong ones', {[registry?.address ?? '']: {auth: wrong}}],
  ] as const) {
    it(`${title}: not-run, and the login step is named`, async () => {
      const config = dockerConfig('without', JSON.stringify({auths}));
      const ran = await drill(config, '--image', `${registry!.address}/redis:7.0`);
      expect(ran.exitCode).toBe(3);
      expect(ran.stdout).toMatch(/no basic auth credentials|unauthorized/);
      expect(ran.stdout).toMatch(/HINT: Log in to the registry in an earlier step \(docker\/login-action/);
    });
  }

  it('a Docker config that is no JSON: not-run, and none of it is shown', async () => {
    const config = dockerConfig('broken', `{"auths": {"${registry!.address}": {"auth": "${AUTH}"}`);
    const ran = await drill(config, '--image', `${registry!.address}/redis:7.0`);
    expect(ran.exitCode).toBe(3);
    expect(ran.stdout).toMatch(/the Docker config in .*config\.json is not a JSON object/);
  });
});
