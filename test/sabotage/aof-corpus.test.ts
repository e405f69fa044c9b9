/**
 * Real append-only files that nobody here made, on every server that the tests have: the verdict on loading must be the
 * server's own, and the census what that server once said.
 */
import {join} from 'node:path';
import {afterAll, describe, expect, test} from '@jest/globals';
import type {DrillReport} from '../../src/report/drill-report.ts';
import {CORPUS, corpusCases, type Said} from '../corpus.ts';
import {drillOf, failures, scratch} from '../drills.ts';
import {containerTest, servers} from '../servers.ts';
import {processesOnly, unpackedServer} from '../unpacked-server.ts';

const dir = scratch();
afterAll(dir.dispose);

const cases = corpusCases.filter(({kind}) => kind !== 'rdb');

if (cases.length === 0) test.skip('corpus of real AOF (skipped: ../shared/corpus is absent)', () => {});

describe('the verdict on a real AOF is the server’s own', () => {
  const all: {line: string; version: string; image?: string}[] = [...servers.images, ...processesOnly];
  // Of any other line it is not known what it would say.
  const known = all.filter(({line}) =>
    cases.some(entry => Object.keys(entry.servers).some(name => name.startsWith(`${line}.`))),
  );
  for (const server of known) {
    const {line, image} = server;
    const unpacked = unpackedServer(server, dir);
    (unpacked ? test : containerTest)(`on ${line}`, async () => {
      const {asked, deps} = unpacked ?? {asked: {image: image!}, deps: {}};
      const wrong: unknown[] = [];
      let seen = 0;
      for (const {path, servers: said} of cases) {
        const answer = Object.entries(said).find(([name]) => name.startsWith(`${line}.`))?.[1];
        if (!answer) continue;
        seen += 1;
        const report = await drillOf(join(CORPUS, path), asked, deps);
        const [found, wanted] = [summaryOf(report), summaryOfSaid(answer)];
        if (JSON.stringify(found) !== JSON.stringify(wanted))
          wrong.push({path, found, wanted, rules: failures(report)});
        if (!answer.loads && failures(report).length === 0) wrong.push({path, findings: report.findings});
      }
      expect(wrong).toEqual([]);
      expect(seen).toBeGreaterThan(18);
    });
  }
});

function summaryOf({outcome, error, census, saved, ledger}: DrillReport) {
  if (outcome !== 'passed') return {outcome: error ? `${outcome}: ${error.code}` : outcome};
  const keyspace = Object.entries(census!.databases).map(([db, {keys, expires}]) => [db, [keys, expires]]);
  const line = ledger.find(({name}) => name === 'digest of what the server saved = DEBUG DIGEST')!;
  return {
    outcome,
    keyspace: Object.fromEntries(keyspace),
    digest: census!.digest!.hex,
    line: line.status,
    functions: census!.functions ?? 0,
    saved: saved!.dataset.keys === census!.keys,
  };
}

function summaryOfSaid({loads, keyspace, digest, functions}: Said) {
  if (!loads) return {outcome: 'failed'};
  return {outcome: 'passed', keyspace, digest, line: 'balanced', functions: functions ?? 0, saved: true};
}
