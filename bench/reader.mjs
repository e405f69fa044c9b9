/**
 * How fast is our reader, and how much memory does it take? Against `redis-check-rdb` on the same file, each in its
 * own process, alternating. The file is made by a real server and kept in .cache/bench.
 *
 *     node bench/reader.mjs [--large] [--runs 5] [FILE]
 *
 * `--large` takes a dump of 2 GB: the database of the smaller one eleven times over, each under its own number.
 */
import {execFileSync, spawn, spawnSync} from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {parseArgs} from 'node:util';
import {Crc64} from '../src/inspect/crc64.ts';

const ROOT = join(import.meta.dirname, '..');
const CACHE = join(ROOT, '.cache', 'bench');
/** 193 MB as a dump; 1 GB in the server that makes it. */
const KEYS = 5_000_000;
/** The machine is shared: the ratio counts, not the seconds. */
const RUNS = '5';

/** Runs one inspection and prints what it took; the argument is the file. */
const OURS = `
  import {readFileSync} from 'node:fs';
  const {inspect} = await import(${JSON.stringify(join(ROOT, 'src', 'inspect', 'inspect.ts'))});
  const {dataset, checksum, error} = await inspect(process.argv[1], {depth: process.argv[2]});
  // Not resourceUsage().maxRSS: on Linux a child inherits its parent's until it has more of its own.
  const peakKb = /VmHWM:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1];
  console.log(JSON.stringify({keys: dataset.keys, checksum, error, peakKb}));
`;

const {values, positionals} = parseArgs({
  options: {large: {type: 'boolean', default: false}, runs: {type: 'string', default: RUNS}},
  allowPositionals: true,
});
const file = positionals[0] ?? (values.large ? await repeated(11) : await populated());
await compare(file, Number(values.runs));

async function compare(file, runs) {
  const ours = [];
  const theirs = [];
  let last = {};
  for (let run = 0; run < runs; run++) {
    theirs.push(timed(() => spawnSync('redis-check-rdb', [file], {stdio: 'ignore'})).ms);
    const {ms, result} = timed(() =>
      execFileSync(process.execPath, ['--input-type=module', '-e', OURS, file]),
    );
    ours.push(ms);
    last = JSON.parse(result.toString());
  }
  const megabytes = statSync(file).size / 1e6;
  const line = (name, times) => {
    const ms = median(times);
    console.log(
      `${name.padEnd(16)} ${ms.toFixed(0).padStart(7)} ms  ${((megabytes / ms) * 1000).toFixed(0).padStart(5)} MB/s`,
    );
  };
  console.log(
    `${file}: ${megabytes.toFixed(0)} MB, ${last.keys} keys, checksum ${last.checksum}, medians of ${runs}`,
  );
  line('redis-check-rdb', theirs);
  line('inspect', ours);
  console.log(
    `inspect takes ${(median(ours) / median(theirs)).toFixed(2)} of the time; peak RSS ${(last.peakKb / 1024).toFixed(0)} MiB`,
  );
}

function timed(action) {
  const started = performance.now();
  const result = action();
  return {ms: performance.now() - started, result};
}

function median(times) {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)];
}

/** A dump of 5 million keys, written by a server. */
async function populated() {
  const target = join(CACHE, 'populated.rdb');
  if (existsSync(target)) return target;
  mkdirSync(CACHE, {recursive: true});
  const folder = mkdtempSync(join(tmpdir(), 'bench-'));
  const socket = join(folder, 's');
  const options = [
    '--port',
    '0',
    '--unixsocket',
    socket,
    '--dir',
    CACHE,
    '--dbfilename',
    'making.rdb',
    '--save',
    '',
  ];
  const server = spawn('redis-server', [...options, '--enable-debug-command', 'local'], {stdio: 'ignore'});
  const redis = (...command) => {
    const reply = execFileSync('redis-cli', ['-s', socket, ...command])
      .toString()
      .trim();
    if (reply !== 'OK') throw new Error(`the server answered: ${reply}`);
  };
  try {
    for (let tries = 0; !existsSync(socket); tries++) {
      if (tries === 100) throw new Error('redis-server (7.0 or newer) did not start');
      await sleep(50);
    }
    redis('DEBUG', 'POPULATE', String(KEYS), 'user', '100');
    redis('SAVE');
  } finally {
    server.kill('SIGKILL');
    rmSync(folder, {recursive: true, force: true});
  }
  renameSync(join(CACHE, 'making.rdb'), target);
  return target;
}

/**
 * A valid dump without a server of 10 GB:
 *
 *     header and AUX | SELECTDB 0, RESIZEDB, keys | SELECTDB 1, RESIZEDB, keys | ... | EOF, checksum
 */
async function repeated(times) {
  const target = join(CACHE, `repeated-${times}.rdb`);
  if (existsSync(target)) return target;
  const dump = readFileSync(await populated());
  const start = dump.indexOf(Buffer.from([0xfe, 0x00, 0xfb]));
  const keys = dump.subarray(start + 2, -9);
  const crc = new Crc64();
  const output = openSync(`${target}.making`, 'w');
  const write = bytes => {
    crc.update(bytes, 0, bytes.length);
    writeSync(output, bytes);
  };
  write(dump.subarray(0, start));
  for (let database = 0; database < times; database++) {
    write(Buffer.from([0xfe, database]));
    write(keys);
  }
  write(Buffer.from([0xff]));
  writeSync(output, crc.footer());
  closeSync(output);
  renameSync(`${target}.making`, target);
  return target;
}
