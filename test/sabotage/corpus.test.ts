/**
 * Real dumps that nobody here made, on every server that the tests have: the drill's verdict on loading must be the
 * server's own, and the census must be what that server once said. Where we are stricter is listed here, file by file.
 */

import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import type {DrillReport} from '../../src/report/drill-report.ts';
import {drillOf, failures} from '../drills.ts';
import {containerTest, ROOT, servers} from '../servers.ts';

const CORPUS = join(ROOT, '..', 'shared', 'corpus');

type Said = {
  loads: boolean;
  keyspace?: Record<string, [number, number]>;
  digest?: string;
  functions?: number;
};
type Case = {path: string; kind: string; servers: Record<string, Said>};

const cases = existsSync(CORPUS)
  ? (JSON.parse(readFileSync(join(CORPUS, 'index.json'), 'utf8')) as Case[]).filter(
      ({kind}) => kind === 'rdb',
    )
  : [];

/** Containers start in half a second, most of it waiting: more at once than there are cores. */
const AT_ONCE = 4;

if (cases.length === 0) test.skip('corpus of real dumps (skipped: ../shared/corpus is absent)', () => {});

describe('the verdict on a real dump is the server’s own', () => {
  for (const {line, image} of cases.length === 0 ? [] : servers.images) {
    containerTest(
      `on ${line}: ${cases.length} dumps`,
      async () => {
        const wrong: unknown[] = [];
        const queue = cases.flatMap(entry => {
          const said = Object.entries(entry.servers).find(([server]) => server.startsWith(`${line}.`))?.[1];
          return said ? [{path: entry.path, said}] : [];
        });
        expect(queue.length).toBeGreaterThan(150);
        const worker = async () => {
          for (let next = queue.pop(); next; next = queue.pop()) {
            const report = await drillOf(join(CORPUS, next.path), {image});
            const [found, wanted] = [summaryOf(report), summaryOfSaid(next.said)];
            if (JSON.stringify(found) !== JSON.stringify(wanted))
              wrong.push({path: next.path, found, wanted});
            // A refusal has a cause that a person can read, never just "it failed".
            if (!next.said.loads && failures(report).length === 0)
              wrong.push({path: next.path, findings: report.findings});
          }
        };
        await Promise.all(Array.from({length: AT_ONCE}, worker));
        expect(wrong).toEqual([]);
      },
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

function summaryOfSaid({loads, keyspace, digest, functions}: Said): Summary {
  if (!loads) return {outcome: 'failed', status: 'refused'};
  // It loaded, and died of DEBUG DIGEST: damaged dumps that 6.0 does not check while loading.
  if (digest === '') return {outcome: 'failed', status: 'crashed'};
  return {
    outcome: 'passed',
    status: 'loaded',
    keyspace: keyspace ?? {},
    digest: digest!,
    digestLine: 'balanced',
    functions: functions ?? 0,
  };
}
