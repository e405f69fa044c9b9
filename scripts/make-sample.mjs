/**
 * Makes examples/sample/dump.rdb with the redis-server on the PATH (7.0 was used): every value type in small and large
 * encodings, several databases, expiry times that have passed and that have not, a function library. Run by hand when
 * the sample has to change; its expectations are recorded afterwards with `restore-drill record`.
 */
import {spawn} from 'node:child_process';
import {copyFile, mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {Redis} from 'ioredis';

const TARGET = join(import.meta.dirname, '..', 'examples', 'sample', 'dump.rdb');
/** Unix seconds, 2100-01-01: an expiry that has not passed when anybody drills this. */
const NOT_PASSED = 4_102_444_800;

const directory = await mkdtemp(join(tmpdir(), 'make-sample-'));
const server = spawn('redis-server', [
  ...['--port', '0', '--unixsocket', join(directory, 's.sock'), '--dir', directory, '--save', ''],
  ...['--enable-debug-command', 'local'],
]);
const redis = new Redis({path: join(directory, 's.sock'), retryStrategy: () => 50});
// Until the server has made its socket, connecting fails and is tried again.
redis.on('error', () => {});
try {
  await fill();
  await redis.save();
  await copyFile(join(directory, 'dump.rdb'), TARGET);
} finally {
  redis.disconnect();
  server.kill('SIGKILL');
  await sleep(100);
  await rm(directory, {recursive: true});
}

async function fill() {
  await redis.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
  for (let id = 1; id <= 200; id += 1) {
    await redis.hset(`user:${id}`, {
      name: `User ${id}`,
      mail: `user${id}@example.org`,
      visits: String(id * 7),
    });
  }
  for (let id = 1; id <= 120; id += 1) {
    await redis.set(`session:${id}`, `token-${id}`.repeat(4), 'EXAT', NOT_PASSED + id);
  }
  await redis.set('counter:visits', '123456');
  await redis.set('page:index', 'Lorem ipsum dolor sit amet. '.repeat(60));
  await redis.rpush('queue:mail', ...Array.from({length: 300}, (_, n) => `job ${n} ${'x'.repeat(n % 50)}`));
  await redis.sadd('tags:numbers', ...Array.from({length: 50}, (_, n) => n * 3));
  await redis.sadd('tags:words', ...Array.from({length: 300}, (_, n) => `tag-${n}`));
  await redis.zadd('board:small', 1, 'one', 2.5, 'two and a half', -3e10, 'far below');
  await redis.zadd('board:large', ...Array.from({length: 300}, (_, n) => [n * 1.5, `player-${n}`]).flat());
  await redis.hset(
    'config:large',
    Object.fromEntries(Array.from({length: 200}, (_, n) => [`field-${n}`, 'v'.repeat(n)])),
  );
  for (let n = 1; n <= 40; n += 1)
    await redis.xadd('events', `${1_700_000_000_000 + n}-0`, 'kind', 'login', 'user', String(n));
  await redis.xgroup('CREATE', 'events', 'workers', '0');
  await redis.xreadgroup('GROUP', 'workers', 'alice', 'COUNT', 5, 'STREAMS', 'events', '>');
  await redis.call(
    'FUNCTION',
    'LOAD',
    "#!lua name=sample\nredis.register_function('hello', function() return 'hello' end)",
  );
  await redis.select(2);
  for (let n = 1; n <= 30; n += 1) await redis.set(`cache:${n}`, `value ${n}`, 'EXAT', NOT_PASSED);
  // With active expiry off, keys whose time has passed stay until they are touched: a save writes them.
  for (let n = 1; n <= 10; n += 1) await redis.set(`stale:${n}`, `value ${n}`, 'PX', 1);
  await redis.select(7);
  await redis.set('lock:deploy', 'held by nobody');
}
