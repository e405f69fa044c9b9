/**
 * Real dumps that nobody here made, on every server that the tests have: the drill's verdict on loading must be the
 * server's own, and the census must be what that server once said. Where we are stricter is listed here, file by file.
 */

import {join} from 'node:path';
import {afterAll, describe, expect, test} from '@jest/globals';
import type {DrillReport} from '../../src/report/drill-report.ts';
import {CORPUS, corpusCases, type Said} from '../corpus.ts';
import {drillOf, failures, scratch} from '../drills.ts';
import {containerTest, servers} from '../servers.ts';
import {processesOnly, unpackedServer} from '../unpacked-server.ts';

const cases = corpusCases.filter(({kind}) => kind === 'rdb');

/** Servers start while others load: more at once than there are cores. */
const AT_ONCE = 4;

/** Hundreds of containers take minutes: some dumps are drilled in them too, by one line. */
const IN_CONTAINERS = 'redis:7.0';
const EVERY = 4;

const dir = scratch();
afterAll(dir.dispose);

if (cases.length === 0) test.skip('corpus of real dumps (skipped: ../shared/corpus is absent)', () => {});

type Way = {asked: {server?: string; image?: string}; deps?: {searchPath: string}};

/** Everything that does not come out as the server once said. */
async function wrongOn(line: string, {asked, deps}: Way, every = 1): Promise<unknown[]> {
  const wrong: unknown[] = [];
  const queue = cases.flatMap(entry => {
    const said = Object.entries(entry.servers).find(([server]) => server.startsWith(`${line}.`))?.[1];
    return said ? [{path: entry.path, said}] : [];
  });
  expect(queue.length).toBeGreaterThan(150);
  const chosen = queue.filter((_, index) => index % every === 0);
  const worker = async () => {
    for (let next = chosen.pop(); next; next = chosen.pop()) {
      const report = await drillOf(join(CORPUS, next.path), asked, deps);
      const found = summaryOf(report);
      const wanted = summaryOfSaid(next.said, found);
      if (JSON.stringify(found) !== JSON.stringify(wanted)) wrong.push({path: next.path, found, wanted});
      // A refusal has a cause that a person can read, never just "it failed".
      if (!next.said.loads && failures(report).length === 0)
        wrong.push({path: next.path, findings: report.findings});
    }
  };
  await Promise.all(Array.from({length: AT_ONCE}, worker));
  return wrong;
}

/** Lines of which it is known what they said; any other has nothing to be held against. */
const isKnown = ({line}: {line: string}) =>
  cases.some(entry => Object.keys(entry.servers).some(name => name.startsWith(`${line}.`)));

describe('the verdict on a real dump is the server’s own', () => {
  for (const server of [...servers.images, ...processesOnly].filter(isKnown)) {
    const unpacked = unpackedServer(server, dir);
    if (!unpacked) continue;
    test(
      `on ${server.line}, as processes: ${cases.length} dumps`,
      async () => expect(await wrongOn(server.line, unpacked)).toEqual([]),
      900_000,
    );
  }

  for (const server of servers.images.filter(isKnown)) {
    const {line, image} = server;
    const alone = unpackedServer(server, dir) === null;
    if (!alone && line !== IN_CONTAINERS) continue;
    const every = alone ? 1 : EVERY;
    containerTest(
      `on ${line}, in containers: ${Math.ceil(cases.length / every)} dumps`,
      async () => expect(await wrongOn(line, {asked: {image}}, every)).toEqual([]),
      900_000,
    );
  }
});

type Summary = {
  outcome: string;
  status?: string;
  keyspace?: unknown;
  digest?: string;
  /** Of the ledger's line that holds it against the digest of the file. */
  digestLine?: string;
  functions?: number;
};

function summaryOf({outcome, error, load, census, ledger}: DrillReport): Summary {
  if (outcome === 'not-run') return {outcome: `not-run: ${error?.code}`};
  // A file without a header is refused without asking a server: all of them refuse it.
  if (!census) return {outcome, status: load?.status ?? 'refused'};
  const keyspace = Object.fromEntries(
    Object.entries(census.databases).map(([db, {keys, expires}]) => [db, [keys, expires]]),
  );
  return {
    outcome,
    status: 'loaded',
    keyspace,
    digest: census.digest!.hex,
    digestLine: ledger.find(({name}) => name === 'digest of the file = DEBUG DIGEST')!.status,
    functions: census.functions ?? 0,
  };
}

function summaryOfSaid({loads, keyspace, digest, functions}: Said, found: Summary): Summary {
  if (!loads) return {outcome: 'failed', status: 'refused'};
  // It loaded, and died of DEBUG DIGEST: damaged dumps that 6.0 does not check while loading. What it reads then lies
  // outside its values, so that with another loader it may die of it sooner.
  if (digest === '') return {outcome: 'failed', status: found.status === 'refused' ? 'refused' : 'crashed'};
  return {
    outcome: 'passed',
    status: 'loaded',
    keyspace: keyspace ?? {},
    digest: digest!,
    digestLine: 'balanced',
    functions: functions ?? 0,
  };
}
