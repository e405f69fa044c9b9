/**
 * Our reading of a configuration against real servers: for every file of the corpus and the stock one of each package,
 * on every version at hand, each directive of CONFIG GET has the value that we say, and we know what the server refuses.
 */
import {existsSync, readFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {effectiveOf} from '../../src/lint/effective.ts';
import {readConfText} from '../../src/lint/homes/conf-text.ts';
import {findInText} from '../../src/lint/homes/find.ts';
import {lint} from '../../src/lint/lint.ts';
import {compareLines, serverTables, tablesOf} from '../../src/lint/server-table.ts';
import {isTemplated, type Target} from '../../src/lint/setting.ts';
import {CORPUS_OF_CONFIGS, configurations} from '../conf-corpus.ts';
import {OF_THIS_RUN, startWith} from '../configured-server.ts';
import {servers} from '../servers.ts';

const lineOf = (version: string) => version.split('.').slice(0, 2).join('.');
/** Those with a table of their own: what Debian has next week is not known yet. */
const BINARIES = servers.binaries.filter(
  ({path, product, version}) =>
    path.includes('/run/') &&
    serverTables().some(table => table.product === product && table.line === lineOf(version)),
);

async function differences(binary: (typeof BINARIES)[number], text: string): Promise<string[]> {
  const target = {product: binary.product, line: lineOf(binary.version)} as Target;
  const answer = await startWith(binary.path, text);
  const of = (read: string) => {
    const found = readConfText(read, (line, column) => ({file: 'redis.conf', line, column}));
    const place = {file: 'redis.conf', line: 1, column: 1, name: 'redis.conf', files: []};
    return effectiveOf({...place, ...found, complete: false, bare: false, target}, tablesOf(target));
  };
  const original = of(text);
  const known = new Set(
    [...original.unknown, ...original.refused.map(({setting}) => setting)].map(({line}) => line),
  );
  const lines = text.split('\n');
  const surprising = answer.refused.filter(line => !known.has(line) && !isTemplated(lines[line - 1]!));
  const effective = of(answer.text);
  const wrong = [...answer.values].filter(([name, value]) => {
    const row = effective.values.get(effective.table.aliases.get(name) ?? name);
    return !OF_THIS_RUN.has(name) && row?.text !== value;
  });
  const left = [...effective.unknown, ...effective.refused.map(({setting}) => setting)];
  return [
    ...surprising.map(line => `refused by the server: ${lines[line - 1]}`),
    ...left.map(({name}) => `taken by the server: ${name}`),
    ...wrong.map(([name, value]) => {
      const ours = effective.values.get(effective.table.aliases.get(name) ?? name)?.text;
      return `${name}: the server says ${JSON.stringify(value)}, we say ${JSON.stringify(ours)}`;
    }),
  ];
}

/** One that each test sees, or the reason why not. */
const ofCorpus = CORPUS_OF_CONFIGS === null ? test.skip : test;
const skipped = CORPUS_OF_CONFIGS === null ? ' (skipped: the corpus is not here)' : '';

describe.each(BINARIES)('$product $version', binary => {
  test('its own stock configuration, with no directive unknown', async () => {
    const product = binary.product;
    const file = join(dirname(dirname(binary.path)), 'etc', product, `${product}.conf`);
    expect(existsSync(file)).toBe(true);
    expect(await differences(binary, readFileSync(file, 'utf8'))).toEqual([]);
  });

  test('its own stock configuration against itself: silent', async () => {
    const file = join(dirname(dirname(binary.path)), 'etc', binary.product, `${binary.product}.conf`);
    const text = readFileSync(file, 'utf8');
    const side = {
      ...(await findInText(text, 'stock.conf', '/nowhere')),
      texts: new Map([['stock.conf', text]]),
    };
    const target = {product: binary.product, line: lineOf(binary.version)} as Target;
    expect(side.configurations).toHaveLength(1);
    expect(lint(side, side, {maxLoss: null, writeRate: null, target}).findings).toEqual([]);
  });

  ofCorpus(
    `every redis.conf of the corpus${skipped}`,
    async () => {
      const wrong: string[] = [];
      for (const {path, text} of configurations('redis.conf')) {
        const found = await differences(binary, text).catch(error => [String(error)]);
        wrong.push(...found.map(difference => `${path}: ${difference}`));
      }
      expect(wrong).toEqual([]);
    },
    300_000,
  );

  test('values as people write them', async () => {
    const modern = binary.product !== 'redis' || compareLines(lineOf(binary.version), '7.0') >= 0;
    const text = [
      'MAXMEMORY 1gb',
      'maxmemory-policy ALLKEYS-LRU',
      'appendonly YES',
      'client-output-buffer-limit replica 1gb 64mb 60',
      'client-output-buffer-limit normal 100m 1gb 0',
      'notify-keyspace-events xEK',
      'auto-aof-rewrite-min-size 100M',
      'repl-backlog-size 5m',
      'appendfilename "a b.aof"',
      "dbfilename 'it\\'s.rdb'",
      'save 900 1',
      'save ""',
      'save 60 1',
      'save "300 10"',
      'slave-read-only no',
      'min-slaves-to-write 3',
      'hz 0050',
      ...(modern
        ? ['save 10 1 20 2', 'shutdown-on-sigterm save force', 'maxmemory-clients 5%']
        : ['save 1 2 3 4']),
      'save 120 5 # often',
      'no-appendfsync-on-rewrite maybe',
    ].join('\n');
    expect(await differences(binary, text)).toEqual([]);
  });
});
