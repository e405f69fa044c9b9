/**
 * How long does lint take over a repository of 5,000 files, by itself and against a base in which each redis.conf was
 * another? One in fifty has something of Redis in it; the rest is code.
 *
 *     node bench/lint.mjs [--files 5000] [--runs 3]
 */
import {spawnSync} from 'node:child_process';
import {cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {parseArgs} from 'node:util';

const {values} = parseArgs({
  options: {files: {type: 'string', default: '5000'}, runs: {type: 'string', default: '3'}},
});
const OURS = [
  ['redis.conf', 'appendonly yes\nsave 900 1\nmaxmemory 1gb\n'],
  [
    'docker-compose.yml',
    'services:\n  cache:\n    image: redis:7.0\n    command: redis-server --save 60 1\n',
  ],
  [
    'values.yaml',
    'image:\n  repository: bitnami/redis\n  tag: 7.0.1\ncommonConfiguration: |-\n  appendonly yes\n',
  ],
  ['backup.sh', '#!/bin/sh\nredis-cli BGSAVE\ncp /data/dump.rdb /backup/\n'],
];
const CODE = 'export const answer = (question) => question.length;\n'.repeat(80);

const cli = join(import.meta.dirname, '..', 'dist', 'cli.cjs');
const directory = mkdtempSync(join(tmpdir(), 'bench-lint-'));
const root = join(directory, 'head');
const base = join(directory, 'base');
try {
  for (let index = 0; index < Number(values.files); index++) {
    const [name, text] = index % 50 === 0 ? OURS[(index / 50) % OURS.length] : [`code-${index}.js`, CODE];
    const path = join(root, `part-${index % 40}`, `of-${index % 7}-${Math.floor(index / 50) % 4}`, name);
    mkdirSync(dirname(path), {recursive: true});
    writeFileSync(path, text);
  }
  cpSync(root, base, {recursive: true});
  for (const name of readdirSync(base, {recursive: true, encoding: 'utf8'})) {
    const path = join(base, name);
    if (name.endsWith('redis.conf')) writeFileSync(path, readFileSync(path, 'utf8').replace('yes', 'no'));
  }
  for (const [what, ...args] of [['by itself'], ['against a base', '--base', base]]) {
    const times = Array.from({length: Number(values.runs)}, () => {
      const started = performance.now();
      const all = [cli, 'lint', '.', '--format', 'json', ...args];
      const {status, stderr} = spawnSync(process.execPath, all, {cwd: root, maxBuffer: 2 ** 28});
      if (status !== 4) throw new Error(`lint ended with ${status}: ${stderr}`);
      return performance.now() - started;
    });
    const seconds = times.map(ms => `${(ms / 1000).toFixed(2)} s`).join(', ');
    console.log(`lint of ${values.files} files, ${what}: ${seconds}`);
  }
} finally {
  rmSync(directory, {recursive: true, force: true});
}
