/**
 * Packs backups with the programs that people pack them with, so that no decoder of ours is tested against itself. Keys
 * and passwords are made for the occasion.
 */
import {execFileSync} from 'node:child_process';
import {closeSync, cpSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync} from 'node:fs';
import {basename, delimiter, join} from 'node:path';

const PROGRAMS = [
  'gzip',
  'bzip2',
  'zstd',
  'xz',
  'lz4',
  'tar',
  'zip',
  'age',
  'age-keygen',
  'gpg',
  'openssl',
  'script',
];
export const missing = PROGRAMS.filter(
  name => !(process.env.PATH ?? '').split(delimiter).some(folder => existsSync(join(folder, name))),
);

export const PASSPHRASE = 'correct horse';
type Pack = (packer: Packer, from: string) => Buffer;

/** Output in full; what a program says is kept for when it fails. */
function run(
  program: string,
  args: string[],
  options: {cwd?: string; input?: Buffer; env?: NodeJS.ProcessEnv} = {},
): Buffer {
  return execFileSync(program, args, {stdio: ['pipe', 'pipe', 'pipe'], maxBuffer: 2 ** 30, ...options});
}

const half = (from: string): [Buffer, Buffer] => {
  const bytes = readFileSync(from);
  return [bytes.subarray(0, bytes.length >> 1), bytes.subarray(bytes.length >> 1)];
};
/** Two halves, each packed by itself, one after the other. */
const inHalves = (from: string, program: string, args: string[]): Buffer =>
  Buffer.concat(half(from).map(input => run(program, args, {input})));

const openssl = (from: string, ...args: string[]): Buffer =>
  run('openssl', ['enc', '-aes-256-cbc', ...args, '-pass', 'env:DRILL_PASSPHRASE', '-in', from], {
    env: {...process.env, DRILL_PASSPHRASE: PASSPHRASE},
  });
const tar = (packer: Packer, from: string, ...args: string[]): Buffer => {
  const cwd = packer.folderWith(from);
  return run('tar', ['-c', '-f', '-', ...args, 'backup'], {cwd});
};
const zip = (packer: Packer, from: string, ...args: string[]): Buffer =>
  run('zip', ['-q', '-r', ...args, '-', 'backup'], {cwd: packer.folderWith(from)});
const gpg = (packer: Packer, from: string, ...args: string[]): Buffer =>
  run('gpg', [...packer.gpgArgs, ...args, '-o', '-', from]);
const toKey = ['--trust-model', 'always', '-r', 'drill@example.com'];

export const PACKS = {
  gzip: (_, from) => run('gzip', ['-c', from]),
  'gzip in two members': (_, from) => inHalves(from, 'gzip', ['-c']),
  'gzip padded with zeros': (_, from) => Buffer.concat([run('gzip', ['-c', from]), Buffer.alloc(5000)]),
  bzip2: (_, from) => run('bzip2', ['-c', from]),
  'bzip2 in two streams': (_, from) => inHalves(from, 'bzip2', ['-c', '-1']),
  zstd: (_, from) => run('zstd', ['-q', '-c', from]),
  'zstd in two frames': (_, from) => inHalves(from, 'zstd', ['-q', '-c', '-19']),
  xz: (_, from) => run('xz', ['-c', from]),
  'xz in two streams': (_, from) => inHalves(from, 'xz', ['-c', '--check=crc32']),
  lz4: (_, from) => run('lz4', ['-q', '-c', from]),
  'lz4 in two frames': (_, from) => inHalves(from, 'lz4', ['-q', '-c', '-9', '-B4', '-BD', '-BX']),
  tar: (packer, from) => tar(packer, from),
  'tar of before POSIX': (packer, from) => tar(packer, from, '--format=v7'),
  'tar with pax records': (packer, from) =>
    tar(packer, from, '--format=pax', `--transform=s,^backup,${'a'.repeat(90)}/${'b'.repeat(90)}/é,`),
  'tar with long names': (packer, from) =>
    tar(packer, from, '--format=gnu', `--transform=s,^backup,${'a'.repeat(90)}/${'b'.repeat(90)},`),
  zip: (packer, from) => zip(packer, from),
  'zip without compression': (packer, from) => zip(packer, from, '-0'),
  'zip of a pipe': (_, from) => run('zip', ['-q', '-', '-'], {input: readFileSync(from)}),
  age: (packer, from) => run('age', ['-r', packer.ageRecipient, from]),
  'age in text': (packer, from) => run('age', ['-a', '-r', packer.ageRecipient, from]),
  gpg: (packer, from) => gpg(packer, from, '-e', ...toKey),
  'gpg in text, signed': (packer, from) => gpg(packer, from, '-a', '-s', '-e', ...toKey),
  'gpg with a passphrase': (packer, from) =>
    gpg(packer, from, '--pinentry-mode', 'loopback', '--passphrase', PASSPHRASE, '-c'),
  openssl: (_, from) => openssl(from, '-pbkdf2'),
  'openssl in text': (_, from) => openssl(from, '-pbkdf2', '-a'),
} satisfies Record<string, Pack>;
export type PackName = keyof typeof PACKS;

/** As older versions of openssl write it where they are told the salt: newer ones leave it to the caller to keep. */
function saltedAlike(from: string): Buffer {
  const salt = Buffer.from('drilling');
  const out = openssl(from, '-pbkdf2', '-S', salt.toString('hex'));
  return out.toString('latin1', 0, 8) === 'Salted__'
    ? out
    : Buffer.concat([Buffer.from('Salted__'), salt, out]);
}

/**
 * The same in every run, for what comes of a wrong passphrase: rubbish that depends on the salt, and by which a program
 * seldom is deceived for a moment (gpg, by two bytes that have to be equal).
 */
export const ALIKE: {[name in PackName]?: (from: string) => Buffer} = {
  openssl: saltedAlike,
  'openssl in text': from => run('openssl', ['base64'], {input: saltedAlike(from)}),
  // By gpg 2.2, with the passphrase of these tests.
  'gpg with a passphrase': () =>
    Buffer.from(
      'jA0ECQMCS2upb7S1pMH/0joB50n+xym58MjxiIo82K+3e/VMG0/YRmrUj3tr4PVaCaOoek03FEkVz14eFTvVQXv/8Iud8xDdJkL6',
      'base64',
    ),
};

export class Packer {
  readonly directory: string;
  #made = 0;
  ageIdentity = '';
  ageRecipient = '';
  gpgKey = '';

  constructor(directory: string) {
    this.directory = directory;
    if (missing.length > 0) return;
    this.ageIdentity = run('age-keygen', []).toString();
    this.ageRecipient = /public key: (age1\w+)/.exec(this.ageIdentity)![1]!;
    mkdirSync(join(directory, 'gnupg'), {mode: 0o700});
    const unlocked = ['--pinentry-mode', 'loopback', '--passphrase', ''];
    run('gpg', [
      ...this.gpgArgs,
      ...unlocked,
      '--quick-gen-key',
      'drill@example.com',
      'default',
      'default',
      'never',
    ]);
    this.gpgKey = run('gpg', [...this.gpgArgs, ...unlocked, '--armor', '--export-secret-keys']).toString();
  }

  get gpgArgs(): string[] {
    return ['--homedir', join(this.directory, 'gnupg'), '--batch', '--quiet', '--yes'];
  }

  /** A folder with a folder `backup` in it, as people archive them: with other files beside the dump. */
  folderWith(file: string): string {
    const folder = this.path('folder');
    mkdirSync(join(folder, 'backup', 'data'), {recursive: true});
    writeFileSync(join(folder, 'backup', 'redis.conf'), 'appendonly no\n');
    cpSync(file, join(folder, 'backup', 'data', basename(file)));
    return folder;
  }

  /** Packed by one after the other; the name says nothing of it. */
  pack(file: string, ...names: PackName[]): string {
    return names.reduce((from, name) => {
      // In an archive it keeps a name that a person would give it.
      const to = this.path('backup.rdb');
      writeFileSync(to, PACKS[name](this, from));
      return to;
    }, file);
  }

  path(name: string): string {
    this.#made += 1;
    mkdirSync(join(this.directory, String(this.#made)));
    return join(this.directory, String(this.#made), name);
  }

  /** age asks for a passphrase on a terminal only, which `script` plays. */
  agePassphrase(from: string): string {
    const to = this.path('backup.rdb');
    const input = Buffer.from(`${PASSPHRASE}\n${PASSPHRASE}\n`);
    run('script', ['-q', '-e', '-c', `age -p -o '${to}' '${from}'`, '/dev/null'], {input});
    return to;
  }

  dispose(): void {
    if (missing.length === 0) run('gpgconf', ['--homedir', join(this.directory, 'gnupg'), '--kill', 'all']);
  }
}

/** `--set` for each kind of key, and the environment that has them. */
export const KEY_SETTINGS = [
  'decrypt.age.identity=env:DRILL_AGE',
  'decrypt.gpg.key=env:DRILL_GPG',
  'decrypt.gpg.passphrase=env:DRILL_PASSPHRASE',
  'decrypt.openssl.passphrase=env:DRILL_PASSPHRASE',
];
export const keysOf = ({ageIdentity, gpgKey}: Packer) => {
  const secrets: Record<string, string> = {
    DRILL_AGE: ageIdentity,
    DRILL_GPG: gpgKey,
    DRILL_PASSPHRASE: PASSPHRASE,
  };
  return (name: string): string | undefined => secrets[name];
};

/** A file of zeros, packed by a program as fast as it can. */
export function bomb(program: 'gzip' | 'zstd' | 'bzip2', gigabytes: number, to: string): void {
  const file = openSync(to, 'w');
  try {
    execFileSync('sh', ['-c', `head -c ${gigabytes}G /dev/zero | ${program} -c`], {
      stdio: ['ignore', file, 'ignore'],
    });
  } finally {
    closeSync(file);
  }
}
