/** A real server (redis-server of the PATH, unless told) that writes the backups which tests then ruin. */
import {type ChildProcess, spawn} from 'node:child_process';
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
    await redis.ping();
    return new LiveRedis(directory, child, redis);
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
    const gone = new Promise(resolve => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
    rmSync(this.#directory, {recursive: true, force: true});
  }
}
