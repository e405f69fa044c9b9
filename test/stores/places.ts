/**
 * Places where backups lie, each with a real server in front of it: what a config says to reach it, how a backup is put
 * there, and a proxy in between that can be made to misbehave. Those that are not to be had say why.
 */
import {execFileSync} from 'node:child_process';
import {mkdirSync, readFileSync, unlinkSync, utimesSync, writeFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {userInfo} from 'node:os';
import {delimiter, dirname, join} from 'node:path';
import {CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client} from '@aws-sdk/client-s3';
import {scratch} from '../drills.ts';
import {type StoreProgram, servers} from '../servers.ts';
import {azure} from './azure-place.ts';
import {FaultyProxy} from './faulty-proxy.ts';
import type {Reached} from './fetched.ts';
import {github} from './github-place.ts';
import {google} from './google-place.ts';
import {freePort, startOnPort} from './programs.ts';

export type RunningPlace = AsyncDisposable & {
  /** A file or a directory (with `/` at its end) in it. */
  reach(path: string): Reached;
  put(path: string, bytes: Buffer, modified?: Date): Promise<void>;
  remove(path: string): Promise<void>;
  /** Absent where there is no connection to break. */
  proxy?: FaultyProxy;
  /** With a credential that is wrong, or none. */
  stranger?(path: string): Reached;
};

export type StorePlace = {
  name: string;
  /** Why it cannot be had. */
  missing?: string | undefined;
  start(): Promise<RunningPlace>;
  /** It has a listing; without one only what is named can be fetched. */
  lists: boolean;
  /** What lies beside a backup can be looked for. */
  neighbours: boolean;
  /** Who comes with a wrong credential is told so. */
  login: boolean;
  /** There is a connection to break. */
  proxied: boolean;
  /** Speaks HTTP, in which a server can say that it is busy. */
  http: boolean;
  /** Tells when a backup was replaced. A file of this machine is read where it lies, and watched by unpack. */
  versions: boolean;
};

const NOBODY_MS = Date.UTC(2026, 0, 1);
const missing = (program: StoreProgram): string | undefined => {
  const found = servers.stores?.[program] ?? {reason: 'setup has not seen to it'};
  return 'reason' in found ? `${program} cannot be had: ${found.reason}` : undefined;
};
const pathOf = (program: StoreProgram): string => {
  const found = servers.stores?.[program];
  if (!found || !('path' in found)) throw new Error(missing(program));
  return found.path;
};

/** Most serve a directory of this machine. */
function directory() {
  const root = scratch();
  const put = async (path: string, bytes: Buffer, modified = new Date(NOBODY_MS)): Promise<void> => {
    mkdirSync(dirname(root.file(path)), {recursive: true});
    writeFileSync(root.file(path), bytes);
    utimesSync(root.file(path), modified, modified);
  };
  const remove = async (path: string): Promise<void> => unlinkSync(root.file(path));
  return {root, put, remove};
}

async function local(): Promise<RunningPlace> {
  const {root, put, remove} = directory();
  return {
    put,
    remove,
    reach: path => ({spec: root.file(path)}),
    [Symbol.asyncDispose]: async () => root.dispose(),
  };
}

const S3_KEYS = {AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER'};

/** The SDK looks into the environment of its own process: there is no other way to give it credentials. */
function withKeys(keys: Record<string, string>): void {
  Object.assign(process.env, keys, {AWS_EC2_METADATA_DISABLED: 'true', AWS_REGION: 'us-east-1'});
}

/** Both keep what they hold to themselves: it is put there by the SDK. */
async function s3(program: string, args: (port: number, root: string) => string[]): Promise<RunningPlace> {
  const root = scratch();
  const port = await freePort();
  const server = await startOnPort(program, args(port, root.path), port);
  const proxy = await FaultyProxy.to(port);
  withKeys(S3_KEYS);
  const client = new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'us-east-1',
    forcePathStyle: true,
  });
  await client.send(new CreateBucketCommand({Bucket: 'backups'})).catch(() => {});
  return {
    reach: path => ({spec: `s3://backups/${path}`, access: {endpoint: `http://127.0.0.1:${proxy.port}`}}),
    proxy,
    put: async (Key, Body) => void (await client.send(new PutObjectCommand({Bucket: 'backups', Key, Body}))),
    remove: async Key => void (await client.send(new DeleteObjectCommand({Bucket: 'backups', Key}))),
    [Symbol.asyncDispose]: async () => {
      client.destroy();
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      root.dispose();
    },
  };
}

async function s3rver(): Promise<RunningPlace> {
  const cli = createRequire(import.meta.url)
    .resolve('@20minutes/s3rver')
    .replace(/s3rver\.js$/, 'cli.js');
  const script = `process.argv.splice(1, 0, 's3rver'); require(${JSON.stringify(cli)}).parseAsync()`;
  return s3(process.execPath, (port, root) => [
    ...['-e', script, '--', '-d', root, '-p', String(port), '-a', '127.0.0.1'],
    // It takes a bucket's address with and without a slash at its end for two, and only one of them for signed.
    ...['--configure-bucket', 'backups', '--allow-mismatched-signatures'],
  ]);
}

const moto = (): Promise<RunningPlace> => s3(pathOf('moto'), port => ['-H', '127.0.0.1', '-p', String(port)]);

async function nginx(): Promise<RunningPlace> {
  const {root, put, remove} = directory();
  const state = scratch();
  const port = await freePort();
  // Of `backup`, whose password is `open sesame`: apr1, as htpasswd writes it.
  writeFileSync(state.file('users'), 'backup:{PLAIN}open sesame\n');
  const config = [
    'daemon off; worker_processes 1; error_log stderr error;',
    `pid ${state.file('pid')};`,
    'events {}',
    `http { access_log off; default_type application/octet-stream; client_body_temp_path ${state.file('body')};`,
    ...['proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${state.file(name)};`),
    `server { listen 127.0.0.1:${port}; root ${root.path};`,
    `location / { auth_basic backups; auth_basic_user_file ${state.file('users')}; }`,
    `location /moved/ { rewrite ^/moved/(.*)$ http://localhost:${port}/$1 redirect; }`,
    '} }',
  ];
  writeFileSync(state.file('nginx.conf'), config.join('\n'));
  const server = await startOnPort(pathOf('nginx'), ['-c', state.file('nginx.conf'), '-p', state.path], port);
  const proxy = await FaultyProxy.to(port);
  const url = (path: string) =>
    `http://127.0.0.1:${proxy.port}/${path.split('/').map(encodeURIComponent).join('/')}`;
  const access = {basic: {user: 'backup', password: 'env:PASSWORD'}};
  return {
    put,
    remove,
    proxy,
    reach: path => ({spec: url(path), access, env: {PASSWORD: 'open sesame'}}),
    stranger: path => ({spec: url(path), access, env: {PASSWORD: 'wrong'}}),
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      state.dispose();
      root.dispose();
    },
  };
}

async function sshd(): Promise<RunningPlace> {
  const {root, put, remove} = directory();
  const state = scratch();
  const port = await freePort();
  const keyPair = (name: string): string => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', state.file(name)]);
    return readFileSync(state.file(`${name}.pub`), 'utf8')
      .split(' ')
      .slice(0, 2)
      .join(' ');
  };
  const [host, user] = [keyPair('host'), keyPair('user')];
  keyPair('stranger');
  writeFileSync(state.file('authorized'), user);
  const config = [
    `ListenAddress 127.0.0.1:${port}`,
    `HostKey ${state.file('host')}`,
    `AuthorizedKeysFile ${state.file('authorized')}`,
    `PidFile ${state.file('pid')}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin prohibit-password',
    'MaxStartups 1000',
    'Subsystem sftp internal-sftp',
  ];
  writeFileSync(state.file('sshd_config'), config.join('\n'));
  // Where sshd leaves its privileges, as root.
  if (process.getuid!() === 0) mkdirSync('/run/sshd', {recursive: true, mode: 0o755});
  const server = await startOnPort(pathOf('sshd'), ['-D', '-e', '-f', state.file('sshd_config')], port);
  const proxy = await FaultyProxy.to(port);
  writeFileSync(state.file('known_hosts'), `[127.0.0.1]:${proxy.port} ${host}\n`);
  const reach = (path: string, identity = 'user'): Reached => ({
    spec: `sftp://${userInfo().username}@127.0.0.1:${proxy.port}${root.path}/${path.split('/').map(encodeURIComponent).join('/').replaceAll('%2A', '*')}`,
    access: {identityFile: state.file(identity), knownHosts: state.file('known_hosts')},
  });
  return {
    put,
    remove,
    proxy,
    reach,
    stranger: path => reach(path, 'stranger'),
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      state.dispose();
      root.dispose();
    },
  };
}

async function rclone(): Promise<RunningPlace> {
  const {root, put, remove} = directory();
  const env = {
    PATH: `${dirname(pathOf('rclone'))}${delimiter}${process.env.PATH}`,
    RCLONE_CONFIG: join(root.path, 'none.conf'),
    RCLONE_CONFIG_BACKUPS_TYPE: 'alias',
    RCLONE_CONFIG_BACKUPS_REMOTE: root.path,
  };
  return {
    put,
    remove,
    reach: path => ({spec: `rclone:backups:${path}`, env}),
    [Symbol.asyncDispose]: async () => root.dispose(),
  };
}

async function command(): Promise<RunningPlace> {
  const {root, put, remove} = directory();
  return {
    put,
    remove,
    reach: path => ({spec: {command: ['cat', root.file(path)]}}),
    [Symbol.asyncDispose]: async () => root.dispose(),
  };
}

const ALL = {lists: true, neighbours: true, login: true, proxied: false, http: false, versions: true};

export const PLACES: StorePlace[] = [
  {...ALL, name: 'files of this machine', start: local, login: false, versions: false},
  {...ALL, name: 'S3, by s3rver', start: s3rver, proxied: true, http: true, login: false},
  {
    ...ALL,
    name: 'S3, by moto',
    start: moto,
    missing: missing('moto'),
    proxied: true,
    http: true,
    login: false,
  },
  {...ALL, name: 'Azure Blob Storage, by Azurite', start: azure, proxied: true, http: true},
  {...ALL, name: 'Google Cloud Storage, by a stand-in', start: google, proxied: true, http: true},
  {
    ...ALL,
    name: 'HTTP, by nginx',
    start: nginx,
    missing: missing('nginx'),
    proxied: true,
    http: true,
    lists: false,
  },
  {...ALL, name: 'SFTP, by OpenSSH', start: sshd, missing: missing('sshd'), proxied: true},
  {
    ...ALL,
    name: 'artifacts of GitHub, by a stand-in',
    start: github,
    proxied: true,
    http: true,
    neighbours: false,
  },
  {...ALL, name: 'a remote of rclone', start: rclone, missing: missing('rclone'), login: false},
  {
    ...ALL,
    name: 'the output of a program',
    start: command,
    lists: false,
    neighbours: false,
    login: false,
    versions: false,
  },
];
