/**
 * Datasets of a few giants: one set of a million members, one string of 512 MB (as large as servers allow), ten million
 * keys. Each is drilled with each proof, in a process of its own: it has to pass, in bounded memory. Prints times and peak
 * RSS of the drill; the server's own memory is not ours to bound.
 *
 *     node bench/giants.mjs [--source]      drills dist/ (build it first), or src/
 */
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync, statSync} from 'node:fs';
import {basename, join} from 'node:path';
import {parseArgs} from 'node:util';
import {giantSet, giantString, manyKeys} from './datasets.mjs';

const ROOT = join(import.meta.dirname, '..');
const LOOK_MS = 20;
const {values} = parseArgs({options: {source: {type: 'boolean', default: false}}});
const CLI = values.source ? join(ROOT, 'src', 'cli.ts') : join(ROOT, 'dist', 'cli.cjs');

for (const file of [await giantSet(), await giantString(), await manyKeys()]) {
  console.log(`${basename(file)}: ${(statSync(file).size / 1e6).toFixed(0)} MB`);
  for (const proof of ['debug-digest', 'save']) {
    const {outcome, ms, peakKb} = await drill(file, proof);
    const memory = `peak RSS ${(peakKb / 1024).toFixed(0)} MiB`;
    console.log(`  --proof ${proof.padEnd(13)} ${outcome}, ${ms.toFixed(0).padStart(6)} ms, ${memory}`);
  }
}

async function drill(file, proof) {
  const start = performance.now();
  const args = ['--no-warnings', CLI, 'drill', file, '--server', 'process', '--proof', proof];
  const child = spawn(process.execPath, args, {stdio: ['ignore', 'pipe', 'ignore']});
  let said = '';
  child.stdout.on('data', text => {
    said += text;
  });
  let peakKb = 0;
  const looking = setInterval(() => {
    try {
      const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
      peakKb = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? peakKb);
    } catch {
      // It has just ended.
    }
  }, LOOK_MS);
  const [exitCode] = await once(child, 'close');
  clearInterval(looking);
  if (exitCode !== 0) throw new Error(`the drill of ${file} ended with ${exitCode}:\n${said}`);
  return {outcome: said.split(' ')[0], ms: performance.now() - start, peakKb};
}
