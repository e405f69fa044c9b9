/**
 * What it costs that a backup is packed: a drill of `dump.rdb.gz` against `gunzip` followed by a drill of the plain dump,
 * each in processes of their own, alternating; and how much memory the drill takes. The dump of 2 GB is made here, with
 * values that shrink to about a half, and kept in .cache/bench.
 *
 *     node bench/unpack.mjs [--runs 3] [--megabytes 2000] [--source]      --source: src/cli.ts instead of dist/cli.cjs
 */
import {spawn, spawnSync} from 'node:child_process';
import {randomFillSync} from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import {join} from 'node:path';
import {parseArgs} from 'node:util';
import {Kernel, LAYOUT, WINDOW_BYTES} from '../src/inspect/kernel.ts';

const ROOT = join(import.meta.dirname, '..');
const CACHE = join(ROOT, '.cache', 'bench');
const VALUE_BYTES = 1000;
/** How often the drill's peak memory is read; the kernel keeps the peak. */
const LOOK_MS = 20;

const {values} = parseArgs({
  options: {
    runs: {type: 'string', default: '3'},
    megabytes: {type: 'string', default: '2000'},
    source: {type: 'boolean', default: false},
  },
});
const CLI = values.source ? join(ROOT, 'src', 'cli.ts') : join(ROOT, 'dist', 'cli.cjs');

const plain = made(Number(values.megabytes));
const packed = `${plain}.gz`;
if (!existsSync(packed)) ran('gzip', ['-k', plain]);
const times = {apart: [], gunzip: [], plain: [], packed: []};
let peakKb = 0;
for (let run = 0; run < Number(values.runs); run += 1) {
  const copy = join(CACHE, 'unpacked.rdb');
  const gunzip = timed(() => ran('sh', ['-c', 'gunzip -c "$0" > "$1"', packed, copy]));
  const apart = await drill(copy);
  rmSync(copy);
  const together = await drill(packed);
  times.gunzip.push(gunzip);
  times.plain.push(apart.ms);
  times.apart.push(gunzip + apart.ms);
  times.packed.push(together.ms);
  peakKb = Math.max(peakKb, together.peakKb);
}
console.log(
  `${plain}: ${statSync(plain).size} bytes, packed ${statSync(packed).size}; medians of ${values.runs}`,
);
for (const [what, ms] of Object.entries(times))
  console.log(`  ${what.padEnd(8)} ${median(ms).toFixed(0).padStart(7)} ms`);
console.log(
  `  packed / apart: ${(median(times.packed) / median(times.apart)).toFixed(2)}; peak RSS ${(peakKb / 1024).toFixed(0)} MiB`,
);

/** @param {string} program @param {string[]} args */
function ran(program, args) {
  const {status} = spawnSync(program, args, {stdio: 'inherit'});
  if (status !== 0) throw new Error(`${program} ended with ${status}`);
}

/** @param {() => void} work */
function timed(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** @param {string} file */
async function drill(file) {
  const start = performance.now();
  const child = spawn(process.execPath, ['--no-warnings', CLI, 'drill', file, '--server', 'process'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let peak = 0;
  const looking = setInterval(() => {
    try {
      peak = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? peak);
    } catch {
      // It has just ended.
    }
  }, LOOK_MS);
  let said = '';
  child.stdout.on('data', text => {
    said += text;
  });
  const code = await new Promise(resolve => child.on('close', resolve));
  clearInterval(looking);
  if (code !== 0) throw new Error(`the drill of ${file} ended with ${code}:\n${said}`);
  return {ms: performance.now() - start, peakKb: peak};
}

/** @param {number[]} all */
function median(all) {
  return all.toSorted((a, b) => a - b)[Math.floor(all.length / 2)];
}

/**
 * Strings of random letters from an alphabet of 16, which no compression gets below a half:
 *
 *     REDIS0010 | SELECTDB 0 | type 0, key, value | ... | EOF, checksum
 */
function made(megabytes) {
  const target = join(CACHE, `letters-${megabytes}.rdb`);
  if (existsSync(target)) return target;
  mkdirSync(CACHE, {recursive: true});
  const file = openSync(`${target}.making`, 'w');
  const kernel = new Kernel();
  let crc = 0n;
  const write = bytes => {
    for (let at = 0; at < bytes.length; at += WINDOW_BYTES) {
      const part = bytes.subarray(at, at + WINDOW_BYTES);
      kernel.bytes.set(part, LAYOUT.window);
      crc = kernel.call.crc64(crc, LAYOUT.window, LAYOUT.window + part.length);
    }
    writeSync(file, bytes);
  };
  write(Buffer.from('REDIS0010\xfe\x00', 'latin1'));
  const random = Buffer.alloc(VALUE_BYTES / 2);
  for (let key = 0, bytes = 0; bytes < megabytes * 1e6; ) {
    const parts = [];
    for (let n = 0; n < 1000; n += 1, key += 1) {
      const name = `user:${String(key).padStart(10, '0')}`;
      const value = randomFillSync(random).toString('hex');
      // A length of 14 bits: 01, then the rest.
      const head = [0, name.length];
      parts.push(
        Buffer.from(head),
        Buffer.from(name),
        Buffer.from([0x40 | (VALUE_BYTES >> 8), VALUE_BYTES & 0xff]),
        Buffer.from(value),
      );
    }
    const block = Buffer.concat(parts);
    write(block);
    bytes += block.length;
  }
  write(Buffer.from([0xff]));
  const footer = Buffer.alloc(8);
  footer.writeBigUInt64LE(BigInt.asUintN(64, crc));
  writeSync(file, footer);
  closeSync(file);
  renameSync(`${target}.making`, target);
  return target;
}
