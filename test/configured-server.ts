/**
 * A real server started with a configuration: what it refuses, line by line, and what CONFIG GET then says. Lines that
 * name paths, modules, addresses or passwords of another machine are left out, as the corpus' own index does.
 */
import {spawn} from 'node:child_process';
import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Redis} from 'ioredis';

const ELSEWHERE =
  /^\s*(dir|logfile|pidfile|daemonize|supervised|loadmodule|aclfile|unixsocket\w*|port|bind|bind-source-addr|include|syslog-\w+|tls-[\w-]+|requirepass|user|rename-command|replicaof|slaveof|masterauth|server_cpulist|bio_cpulist|aof_rewrite_cpulist|bgsave_cpulist|cluster-[\w-]+|io-threads\w*|locale-collate|maxclients|hide-user-data-from-log)(\s|$)/i;
/** What our own arguments, this machine or this run decide. */
export const OF_THIS_RUN = new Set([
  ...['dir', 'port', 'unixsocket', 'requirepass', 'maxclients', 'bind', 'pidfile', 'oom-score-adj-values'],
]);

export type Answer = {text: string; refused: number[]; values: Map<string, string>};

/** Lines that are refused become comments, until the server starts. */
export async function startWith(binary: string, original: string): Promise<Answer> {
  const dir = mkdtempSync(join(tmpdir(), 'configured-'));
  const lines = original.split('\n').map(line => (ELSEWHERE.test(line) ? `# ${line}` : line));
  const refused: number[] = [];
  try {
    for (let attempt = 0; attempt < 60; attempt += 1) {
      const text = lines.join('\n');
      const answer = await attemptWith(binary, dir, text);
      if (answer instanceof Map) return {text, refused, values: answer};
      for (const at of linesOf(answer, lines)) {
        refused.push(at);
        lines[at - 1] = `# ${lines[at - 1]}`;
      }
    }
    throw new Error('the server refuses too many lines');
  } finally {
    rmSync(dir, {recursive: true, force: true});
  }
}

function linesOf(said: string, lines: readonly string[]): number[] {
  const [, line] = /at line (\d+)/.exec(said) ?? [];
  if (line !== undefined) return [Number(line)];
  const names = [...said.matchAll(/>>> '([^ ']+)/g)].map(([, name]) => name!);
  const found = names.map(
    name => lines.findIndex(text => text.trim().toLowerCase().startsWith(`${name} `)) + 1,
  );
  if (found.length === 0 || found.includes(0))
    throw new Error(`the server does not start: ${said.slice(-800)}`);
  return found;
}

async function attemptWith(binary: string, dir: string, text: string): Promise<Map<string, string> | string> {
  const file = join(dir, 'redis.conf');
  const socket = join(dir, 's');
  rmSync(join(dir, 'data'), {recursive: true, force: true});
  mkdirSync(join(dir, 'data'));
  writeFileSync(file, text);
  const own = ['--port', '0', '--unixsocket', socket, '--dir', join(dir, 'data')];
  const child = spawn(binary, [file, ...own], {cwd: dir});
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      said += String(chunk);
    });
  }
  const ended = new Promise<string>(resolve => child.on('close', () => resolve(said)));
  const client = new Redis({path: socket, retryStrategy: () => 20, maxRetriesPerRequest: null});
  client.on('error', () => {});
  try {
    const asked = client.config('GET', '*').then(flat => pairs(flat as string[]));
    asked.catch(() => {});
    return await Promise.race([asked, ended]);
  } finally {
    client.disconnect();
    child.kill('SIGKILL');
    await ended;
  }
}

const pairs = (flat: string[]): Map<string, string> =>
  new Map(Array.from({length: flat.length / 2}, (_, index) => [flat[2 * index]!, flat[2 * index + 1]!]));
