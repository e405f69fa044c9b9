/** A real redis-server from the PATH that writes the backups which tests then ruin. */
import {type ChildProcess, spawn} from 'node:child_process';
import {copyFileSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Redis} from 'ioredis';

export class LiveRedis implements AsyncDisposable {
  readonly redis: Redis;
  readonly #directory: string;
  readonly #child: ChildProcess;

  private constructor(directory: string, child: ChildProcess, redis: Redis) {
    this.#directory = directory;
    this.#child = child;
    this.redis = redis;
  }

  static async start(flags: string[] = []): Promise<LiveRedis> {
    const directory = mkdtempSync(join(tmpdir(), 'live-redis-'));
    const socket = join(directory, 's.sock');
    const base = [
      '--port',
      '0',
      '--unixsocket',
      socket,
      '--dir',
      directory,
      '--save',
      '',
      '--enable-debug-command',
      'local',
    ];
    const child = spawn('redis-server', [...base, ...flags], {stdio: 'ignore'});
    const redis = new Redis({path: socket, retryStrategy: () => 20, maxRetriesPerRequest: null});
    redis.on('error', () => {});
    await redis.ping();
    return new LiveRedis(directory, child, redis);
  }

  /** SAVE, and a copy of the dump at `target`. */
  async saveTo(target: string): Promise<void> {
    await this.redis.save();
    copyFileSync(join(this.#directory, 'dump.rdb'), target);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.redis.disconnect();
    const gone = new Promise(resolve => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await gone;
    rmSync(this.#directory, {recursive: true, force: true});
  }
}
