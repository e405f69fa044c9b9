/** A real server (redis-server of the PATH, unless told) that writes the backups which tests then ruin. */
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {copyFileSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Redis} from 'ioredis';

type Started = {binary?: string; debug?: boolean; conf?: string; password?: string; cwd?: string};

export class LiveRedis implements AsyncDisposable {
  readonly redis: Redis;
  /** Where its dump is. */
  readonly dump: string;
  readonly #directory: string;
  readonly #child: ChildProcess;

  private constructor(directory: string, child: ChildProcess, redis: Redis) {
    this.#directory = directory;
    this.dump = join(directory, 'dump.rdb');
    this.#child = child;
    this.redis = redis;
  }

  /** `debug`: servers before 7.0 know no such setting, and need none. `conf`: a file that it starts with. */
  static async start(
    flags: string[] = [],
    {binary = 'redis-server', debug = true, conf, password, cwd}: Started = {},
  ): Promise<LiveRedis> {
    const directory = mkdtempSync(join(tmpdir(), 'live-redis-'));
    const socket = join(directory, 's.sock');
    const base = ['--port', '0', '--unixsocket', socket, '--dir', directory, '--save', ''];
    const debugging = debug ? ['--enable-debug-command', 'local'] : [];
    const file = conf === undefined ? [] : [conf];
    const child = spawn(binary, [...file, ...base, ...debugging, ...flags], {stdio: 'ignore', cwd});
    const redis = new Redis({
      path: socket,
      ...(password && {password}),
      retryStrategy: () => 20,
      maxRetriesPerRequest: null,
    });
    redis.on('error', () => {});
    const ended = once(child, 'exit').then(([code]) => `it ended with ${code}`, String);
    const trouble = await Promise.race([redis.ping().then(() => null), ended]);
    if (trouble === null) return new LiveRedis(directory, child, redis);
    redis.disconnect();
    rmSync(directory, {recursive: true, force: true});
    throw new Error(`${binary} does not start with ${flags.join(' ')}: ${trouble}`);
  }

  /** Keys whose time has passed stay until they are asked for: else a busy machine saves fewer than were set. */
  async keepExpired(): Promise<void> {
    await this.redis.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
  }

  /** SAVE, and a copy of the dump at `target`. */
  async saveTo(target: string): Promise<void> {
    await this.redis.save();
    copyFileSync(this.dump, target);
  }

  /** Puts this dump in the place of all that the server holds. */
  async load(path: string): Promise<void> {
    copyFileSync(path, this.dump);
    await this.redis.call('DEBUG', 'RELOAD', 'NOSAVE');
  }

  async digest(): Promise<string> {
    return String(await this.redis.call('DEBUG', 'DIGEST'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.redis.disconnect();
    const {exitCode, signalCode} = this.#child;
    const gone = exitCode === null && signalCode === null ? once(this.#child, 'exit') : undefined;
    this.#child.kill('SIGKILL');
    await gone;
    rmSync(this.#directory, {recursive: true, force: true});
  }
}
