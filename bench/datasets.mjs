/**
 * The dumps that benchmarks read, made once by a real server (redis-server 7.0 or newer on the PATH) and kept in
 * .cache/bench.
 */
import {execFileSync, spawn} from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {Kernel, LAYOUT, WINDOW_BYTES} from '../src/inspect/kernel.ts';

const CACHE = join(import.meta.dirname, '..', '.cache', 'bench');
/** 193 MB as a dump; 1 GB in the server that makes it. */
const KEYS = 5_000_000;

/** All types, packed and grown, texts that compress and noise: 1 GB as a dump, of which `times` thousandths a call. */
const MIXED = `
  local noise = function(n) local t = {} for i = 1, n do t[i] = string.char(math.random(0, 255)) end return table.concat(t) end
  local pool = {} for i = 1, 50 do pool[i] = noise(1000) end
  local some = function(n) local from = math.random(1, 1000 - n) return string.sub(pool[math.random(50)], from, from + n) end
  math.randomseed(tonumber(ARGV[1]))
  for i = 1, 100 do
    local id = ARGV[1] .. ':' .. i
    redis.call('SET', 'session:' .. id, some(300), 'PX', 86400000000)
    redis.call('SET', 'page:' .. id, string.rep('<li>' .. some(20) .. '</li>', 40))
    redis.call('SET', 'counter:' .. id, math.random(1000000))
    redis.call('HSET', 'user:' .. id, 'name', some(12), 'mail', some(20), 'visits', i, 'seen', 1700000000 + i)
    for j = 1, 20 do redis.call('RPUSH', 'queue:' .. id, some(60)) end
    for j = 1, 12 do redis.call('SADD', 'tags:' .. id, 'tag:' .. math.random(500)) end
    for j = 1, 12 do redis.call('SADD', 'friends:' .. id, math.random(1000000)) end
    for j = 1, 12 do redis.call('ZADD', 'board:' .. id, math.random() * 1000, 'player:' .. math.random(5000)) end
    for j = 1, 8 do redis.call('XADD', 'events:' .. id, j .. '-1', 'kind', 'click', 'at', j, 'data', some(20)) end
  end
  for j = 1, 600 do
    redis.call('HSET', 'index:' .. ARGV[1], 'field:' .. j, some(100))
    redis.call('ZADD', 'scores:' .. ARGV[1], math.random(), 'member:' .. j)
    redis.call('SADD', 'all:' .. ARGV[1], some(20))
    redis.call('RPUSH', 'log:' .. ARGV[1], some(100))
  end
  return redis.status_reply('OK')
`;

/** Runs `work` with a new server, and keeps what it holds then. */
async function made(name, work) {
  const target = join(CACHE, name);
  if (existsSync(target)) return target;
  mkdirSync(CACHE, {recursive: true});
  await using server = await startServer(['--dir', CACHE, '--dbfilename', 'making.rdb']);
  await work(server.redis);
  server.redis('SAVE');
  renameSync(join(CACHE, 'making.rdb'), target);
  return target;
}

/** A frozen server, as a drill starts it. */
export async function startServer(flags) {
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const socket = join(folder, 's');
  const options = ['--port', '0', '--unixsocket', socket, '--save', '', '--enable-debug-command', 'local'];
  const server = spawn('redis-server', [...options, ...flags], {stdio: 'ignore'});
  const redis = (...command) => {
    const reply = execFileSync('redis-cli', ['-s', socket, ...command])
      .toString()
      .trim();
    if (!/^(OK|PONG|[0-9a-f]{40})$/.test(reply)) throw new Error(`the server answered: ${reply}`);
    return reply;
  };
  for (let tries = 0; !existsSync(socket); tries++) {
    if (tries === 100) throw new Error('redis-server (7.0 or newer) did not start');
    await sleep(50);
  }
  return {
    redis,
    pid: server.pid,
    socket,
    /** A server answers while it loads, but not this. */
    async loaded() {
      for (;;) {
        try {
          redis('PING');
          return;
        } catch (error) {
          if (!/LOADING/.test(error.message)) throw error;
        }
        await sleep(20);
      }
    },
    async [Symbol.asyncDispose]() {
      server.kill('SIGKILL');
      rmSync(folder, {recursive: true, force: true});
    },
  };
}

/** 5 million strings of 100 bytes, which compress well. */
export function populated() {
  return made('populated.rdb', redis => redis('DEBUG', 'POPULATE', String(KEYS), 'user', '100'));
}

export function mixed() {
  return made('mixed.rdb', redis => {
    for (let batch = 0; batch < 2200; batch++) redis('EVAL', MIXED, '0', String(batch));
  });
}

/**
 * A valid dump of 2 GB without a server of 10: the keys of the one above, each time under another number.
 *
 *     header and AUX | SELECTDB 0, RESIZEDB, keys | SELECTDB 1, RESIZEDB, keys | ... | EOF, checksum
 */
export async function repeated(times) {
  const target = join(CACHE, `repeated-${times}.rdb`);
  if (existsSync(target)) return target;
  const dump = readFileSync(await populated());
  const start = dump.indexOf(Buffer.from([0xfe, 0x00, 0xfb]));
  const keys = dump.subarray(start + 2, -9);
  const kernel = new Kernel();
  let crc = 0n;
  const output = openSync(`${target}.making`, 'w');
  const write = bytes => {
    for (let at = 0; at < bytes.length; at += WINDOW_BYTES) {
      const part = bytes.subarray(at, at + WINDOW_BYTES);
      kernel.bytes.set(part, LAYOUT.window);
      crc = kernel.call.crc64(crc, LAYOUT.window, LAYOUT.window + part.length);
    }
    writeSync(output, bytes);
  };
  write(dump.subarray(0, start));
  for (let database = 0; database < times; database++) {
    write(Buffer.from([0xfe, database]));
    write(keys);
  }
  write(Buffer.from([0xff]));
  const footer = Buffer.alloc(8);
  footer.writeBigUInt64LE(BigInt.asUintN(64, crc));
  writeSync(output, footer);
  closeSync(output);
  renameSync(`${target}.making`, target);
  return target;
}

/** One set of a million members, in calls of a thousand. */
export function giantSet() {
  const members = `for i = 1, 1000 do redis.call('SADD', 'giant', ARGV[1] .. ':' .. i) end return redis.status_reply('OK')`;
  return made('giant-set.rdb', redis => {
    for (let batch = 0; batch < 1000; batch++) redis('EVAL', members, '0', String(batch));
  });
}

/** 512 MB: as long as `proto-max-bulk-len` allows. Noise, which does not shrink, then zeros, which shrink to nothing. */
export function giantString() {
  const half = 256 * 1024 * 1024;
  const noise = `math.randomseed(1) local t = {} for i = 1, 65536 do t[i] = string.char(math.random(0, 255)) end
    local block = table.concat(t) for at = 0, ${half} - 65536, 65536 do redis.call('SETRANGE', 'giant', at, block .. at) end
    redis.call('SETRANGE', 'giant', ${2 * half} - 1, 'x') return redis.status_reply('OK')`;
  return made('giant-string.rdb', redis => redis('EVAL', noise, '0'));
}

export function manyKeys() {
  return made('many-keys.rdb', redis => redis('DEBUG', 'POPULATE', String(2 * KEYS), 'user', '20'));
}
