/**
 * What each server takes in its redis.conf, asked of the servers themselves: names, types, values when nothing is said,
 * and which names are two for one thing. Writes src/lint/tables/PRODUCT-LINE.ts, committed as they are.
 *
 *     node scripts/directive-tables.mjs [SERVER ...]     the servers of .cache/servers.json, or these binaries
 *
 * Candidates are all words in the binary that could be a name; the server is started with each in its configuration,
 * and what it says of the line tells whether it knows it, and what it wants there. Not stated by hand: any of it.
 */
import {spawn, spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {basename, dirname, join} from 'node:path';
import {Redis} from 'ioredis';

const ROOT = join(import.meta.dirname, '..');
const TABLES = join(ROOT, 'src', 'lint', 'tables');
/** What no server takes for a value, except where it takes anything. */
const NO_VALUE = 'no-such_value';
/** Ends a probe: every server knows it, and refuses it here. */
const STOP = 'appendonly no-such_value';
/** Names that a configuration file alone has, with what they take: a server says of them only that a line is wrong. */
const FILE_ONLY = {
  include: ['/no/such/file'],
  loadmodule: ['/no/such/module'],
  'rename-command': ['get', 'put'],
  user: ['someone', 'on'],
};
const UNKNOWN = 'Bad directive or wrong number of arguments';

function ofSetup() {
  const {binaries} = JSON.parse(readFileSync(join(ROOT, '.cache', 'servers.json'), 'utf8'));
  return binaries.map(({path}) => path).filter(path => path.includes('/run/'));
}

async function describe(binary) {
  const {product, version} = identify(binary);
  const dir = mkdtempSync(join(tmpdir(), 'directive-tables-'));
  try {
    const server = {binary, dir, lenient: false};
    // Redis 8 keeps lines that it does not know for modules, and complains when all has been read.
    server.lenient = complaint(server, `no-such-name 1\n${STOP}`).line === 2;
    const values = await askRunning(server);
    const known = new Set([...values.keys(), ...candidates(binary).filter(name => isKnown(server, name))]);
    for (const name of acceptedLate(server, candidates(binary), known)) known.add(name);
    const aliases = await aliasesAmong(server, known);
    const rows = [...known].toSorted().map(name => {
      if (aliases.has(name)) return `${name} = ${aliases.get(name)}`;
      // Of two names CONFIG GET * may tell the older one alone.
      const twins = [...aliases].filter(([, other]) => other === name).map(([alias]) => values.get(alias));
      const value = values.get(name) ?? twins.find(value => value !== undefined);
      return [name, typeOf(server, name), ...(value === undefined ? [] : [JSON.stringify(value)])].join(' ');
    });
    write({product, version, rows});
  } finally {
    rmSync(dir, {recursive: true, force: true});
  }
}

function identify(binary) {
  const said = spawnSync(binary, ['--version'], {encoding: 'utf8'}).stdout;
  const [, version] = /v=(\d+\.\d+\.\d+)/.exec(said);
  const product = /^(redis|valkey|redict)/i.exec(said)?.[1].toLowerCase() ?? basename(binary).split('-')[0];
  return {product, version};
}

/** The program behind the script that setup starts it with. */
function candidates(binary) {
  const text = readFileSync(binary, 'latin1');
  const program = text.startsWith('#!')
    ? join(dirname(dirname(realpathSync(binary))), 'usr', 'bin', basename(binary))
    : binary;
  const words = readFileSync(program, 'latin1').matchAll(/(?<=[\0\n])[a-z][a-z0-9-]{2,48}(?=\0)/g);
  return [...new Set([...words].map(([word]) => word)), ...Object.keys(FILE_ONLY)];
}

/** What the server says of a configuration that ends in STOP: the line, and the words. */
function complaint({binary, dir}, text) {
  const file = join(dir, 'probe.conf');
  writeFileSync(file, `${text}\n`);
  const {stdout, stderr} = spawnSync(binary, [file], {encoding: 'utf8', timeout: 10_000, cwd: dir});
  const said = `${stdout}${stderr}`;
  const [, line, , message] = /at line (\d+)\n>>> (.*)\n(.*)/.exec(said) ?? [];
  return {line: Number(line), message: message ?? '', said};
}

function isKnown(server, name) {
  const args = FILE_ONLY[name];
  if (args) {
    const {line, message} = complaint(server, `${name} ${args.join(' ')}\n${STOP}`);
    return line !== 1 || message !== UNKNOWN;
  }
  // From 7.0 on a name that is known is told apart from the number of its arguments.
  const {line, message} = complaint(server, `${name}\n${STOP}`);
  if (line === 1 && message !== UNKNOWN) return true;
  if (server.lenient) return false;
  return [1, 2, 4].some(count => {
    const words = Array(count).fill(NO_VALUE).join(' ');
    const answer = complaint(server, `${name} ${words}\n${STOP}`);
    return answer.line !== 1 || answer.message !== UNKNOWN;
  });
}

/** A lenient server names all that nobody claimed at once; what it does not name, it takes and ignores. */
function acceptedLate(server, names, known) {
  if (!server.lenient) return [];
  const left = names.filter(name => !known.has(name));
  const refused = [];
  let said = '';
  while (left.length > 0) {
    const answer = complaint(server, ['port 0', ...left.map(name => `${name} 1`)].join('\n'));
    said = answer.said;
    if (Number.isNaN(answer.line)) break;
    // It knows this one well enough to refuse it.
    refused.push(...left.splice(answer.line - 2, 1));
  }
  const unclaimed = new Set([...said.matchAll(/>>> '([^ ']+)/g)].map(([, name]) => name));
  if (unclaimed.size === 0) throw new Error(`no unclaimed names: ${said}`);
  return [...refused, ...left.filter(name => !unclaimed.has(name))];
}

function typeOf(server, name) {
  if (name in FILE_ONLY) return 'lines';
  const {line, message} = complaint(server, `${name} ${NO_VALUE}\n${STOP}`);
  if (line !== 1) return 'string';
  const values = /one of the following: (.*)$/.exec(message)?.[1];
  if (values !== undefined) return `enum(${values.split(', ').join('|')})`;
  if (/'yes' or 'no'/.test(message)) return 'bool';
  if (/memory or percent/.test(message)) return 'memory-or-percent';
  if (/memory value/.test(message)) return 'memory';
  if (/octal/i.test(message)) return 'octal';
  if (/integer/.test(message)) return integerType(server, name);
  return 'special';
}

/** With its bounds, where the server tells them. */
function integerType(server, name) {
  const {line, message} = complaint(server, `${name} -9223372036854775807\n${STOP}`);
  const [, from, to] = /between (-?\d+) and (\d+)/.exec(message) ?? [];
  return line === 1 && from !== undefined ? `int(${from}..${to})` : 'int';
}

async function running({binary, dir}, work) {
  const socket = join(dir, 's');
  const child = spawn(binary, ['--port', '0', '--unixsocket', socket, '--dir', dir], {stdio: 'ignore'});
  const client = new Redis({path: socket, retryStrategy: times => (times > 100 ? null : 50)});
  client.on('error', () => {});
  try {
    return await work(client);
  } finally {
    client.disconnect();
    child.kill('SIGKILL');
  }
}

/** By name, what it has when nothing is said; our own arguments taken back. */
const askRunning = server =>
  running(server, async client => {
    const values = pairs(await client.config('GET', '*'));
    const own = {port: '6379', unixsocket: '', dir: './'};
    // Bounded by the limits of this machine.
    const elsewhere = {maxclients: '10000'};
    return new Map([...values].map(([name, value]) => [name, own[name] ?? elsewhere[name] ?? value]));
  });

/** Two names of one thing: what is set by the one is seen by the other. */
const aliasesAmong = (server, known) =>
  running(server, async client => {
    const aliases = new Map();
    const names = [...known].filter(name => !['bind', 'dir', 'port', 'unixsocket'].includes(name));
    const read = async () => {
      const found = pairs(await client.config('GET', '*'));
      for (const name of names.filter(name => !found.has(name))) {
        const [, value] = await client.config('GET', name);
        if (value !== undefined) found.set(name, value);
      }
      return found;
    };
    for (const name of names.filter(name => /slave|master|ziplist|lua-|slowlog|lookahead|query/.test(name))) {
      const before = await read();
      const value = before.get(name);
      if (value === undefined) continue;
      const other =
        {yes: 'no', no: 'yes'}[value] ?? (/^\d+$/.test(value) ? String(Number(value) + 1) : 'other');
      const set = await client.config('SET', name, other).catch(() => null);
      if (set === null) continue;
      const after = await read();
      const changed = [...after].filter(([key, value]) => key !== name && before.get(key) !== value);
      if (changed.length === 1) aliases.set(name, changed[0][0]);
      await client.config('SET', name, value).catch(() => null);
    }
    // Of two names for one another, the second found is the canonical one.
    for (const [name, other] of aliases) if (aliases.get(other) === name) aliases.delete(other);
    if (known.has('slaveof') && known.has('replicaof')) aliases.set('slaveof', 'replicaof');
    return aliases;
  });

const pairs = flat =>
  new Map(Array.from({length: flat.length / 2}, (_, i) => [flat[2 * i], flat[2 * i + 1]]));

function write({product, version, rows}) {
  const line = version.split('.').slice(0, 2).join('.');
  const text = `/** Made by scripts/directive-tables.mjs from ${product} ${version}: not to be changed by hand. */
export const ${product}${line.replace('.', '_')} = {
  product: '${product}',
  line: '${line}',
  rows: \`
${rows.join('\n')}
\`,
} as const;
`;
  writeFileSync(join(TABLES, `${product}-${line}.ts`), text);
  console.log(`${product} ${version}: ${rows.length} names`);
}

const asked = process.argv.slice(2);
const binaries = asked.length > 0 ? asked : ofSetup();
for (const binary of binaries) await describe(binary);
