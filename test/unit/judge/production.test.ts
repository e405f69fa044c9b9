/** What a restore with production's own file is taken for. Servers that behave so are in test/sabotage/production.test.ts. */
import {describe, expect, test} from '@jest/globals';
import type {Inspection} from '../../../src/inspect/inspection.ts';
import {judge} from '../../../src/judge/judge.ts';
import {NO_POLICY} from '../../../src/judge/policy.ts';
import type {Production} from '../../../src/restore/production.ts';
import {
  aCensus,
  aDataset,
  aLoad,
  anInspection,
  anUnpacked,
  aProduction,
  aRefusedLoad,
  aSettled,
} from '../../builders.ts';

function verdictOn(overrides: Partial<Production>, inspection: Partial<Inspection> = {}) {
  const production = aProduction(overrides);
  const healthy = {unpacked: anUnpacked(), load: aLoad(), census: aCensus()};
  const verdict = judge({...healthy, inspection: anInspection(inspection), production}, null, NO_POLICY);
  const own = verdict.findings.filter(({rule}) => rule.startsWith('production/'));
  const having = (status: string) => own.filter(one => one.status === status).map(({rule}) => rule);
  return {...verdict, own, failed: having('fail'), skipped: having('skipped')};
}

test('one that went well passes, and says so', () => {
  const {outcome, own, failed} = verdictOn({});
  expect({outcome, failed}).toEqual({outcome: 'passed', failed: []});
  expect(own.map(({rule}) => rule).toSorted()).toEqual([
    'production/expired',
    'production/file-name',
    'production/loaded',
    'production/maxmemory',
  ]);
});

test('one that could not be held proves nothing, and the drill does not pass', () => {
  const verdict = verdictOn({load: null, census: null, server: null, notHeld: 'no engine'});
  expect(verdict).toMatchObject({outcome: 'not-run', error: {code: 'verdict/unproven'}});
  expect(verdict.skipped).toEqual(['production/not-held']);
});

test('one that was never reached is told, and changes nothing', () => {
  const {findings, outcome} = judge(
    {inspection: anInspection(), load: aRefusedLoad(), productionConfig: 'r.conf'},
    null,
    NO_POLICY,
  );
  expect(outcome).toBe('failed');
  expect(findings).toContainEqual(
    expect.objectContaining({rule: 'production/not-held', status: 'skipped', severity: 'warning'}),
  );
});

describe('keys', () => {
  test('that have expired, at the load or since, are no loss', () => {
    const census = aSettled({keys: 1, expiredKeys: 1});
    const {outcome, own} = verdictOn({load: aLoad({keysExpired: 1}), census});
    expect(outcome).toBe('passed');
    expect(own.find(({rule}) => rule === 'production/expired')).toMatchObject({expected: 3, actual: 1});
  });

  test('that are gone for no reason are a loss', () => {
    expect(verdictOn({census: aSettled({keys: 2})}).failed).toEqual(['production/keys-missing']);
  });

  test('that may have expired on a server that counts nothing are not missed, others are', () => {
    const load = aLoad({keysLoaded: null, keysExpired: null, emptyKeysSkipped: null});
    expect(verdictOn({load, census: aSettled({keys: 2})}).failed).toEqual([]);
    expect(verdictOn({load, census: aSettled({keys: 1})}).failed).toEqual(['production/keys-missing']);
  });

  test('of hashes that lost their last field are not missed', () => {
    expect(verdictOn({census: aSettled({keys: 2})}, {hashesWithFieldExpiry: 1}).failed).toEqual([]);
  });

  test('without an element, which servers skip, are not missed', () => {
    expect(verdictOn({load: aLoad({emptyKeysSkipped: 1}), census: aSettled({keys: 2})}).failed).toEqual([]);
  });
});

describe('memory', () => {
  const limit = {maxmemoryBytes: 900_000};
  test('a limit below the dataset refuses writes', () => {
    expect(verdictOn({census: aSettled(limit)}).failed).toEqual(['production/maxmemory']);
    expect(verdictOn({census: aSettled({maxmemoryBytes: 1_000_000})}).failed).toEqual([]);
  });

  test('evicted keys are a loss, and nothing else while there is something to evict', () => {
    const evicting = {...limit, keys: 1, evictedKeys: 2, usedMemoryBytes: 905_000};
    expect(verdictOn({census: aSettled(evicting)}).failed).toEqual(['production/evicted']);
    const stuck = aSettled({...evicting, usedMemoryBytes: 2_000_000});
    expect(verdictOn({census: stuck}).failed).toEqual(['production/evicted', 'production/maxmemory']);
  });
});

describe('a refusal', () => {
  test('of a server that may know less than production’s is a warning', () => {
    const refused = [{origin: 'r.conf:3', message: 'Bad directive'}];
    expect(verdictOn({refused, sameLine: false}).outcome).toBe('passed');
    expect(verdictOn({refused, sameLine: true}).outcome).toBe('failed');
  });

  test('for a module is production’s, unless the image lacks what the file loads', () => {
    const missing = {load: aRefusedLoad('restore/module-missing'), census: null};
    expect(verdictOn(missing)).toMatchObject({outcome: 'failed', failed: ['production/module-missing']});
    const unknown = verdictOn({...missing, modulesAbsent: ['r.conf:1']});
    expect(unknown).toMatchObject({outcome: 'not-run', failed: []});
    expect(unknown.skipped).toEqual(['production/module-missing', 'production/module-absent']);
  });

  test('of a cluster’s node is about databases only where the dump has several', () => {
    const crashed = {load: aRefusedLoad('restore/crashed'), census: null, cluster: true};
    expect(verdictOn(crashed, {highestDatabase: 3}).failed).toEqual(['production/cluster-databases']);
    expect(verdictOn(crashed).failed).toEqual(['production/refused']);
  });

  test('for want of databases names both numbers', () => {
    const load = aRefusedLoad('restore/too-many-databases');
    const {own} = verdictOn({load, census: null}, {highestDatabase: 40, dataset: aDataset()});
    expect(own[0]).toMatchObject({
      rule: 'production/too-few-databases',
      expected: 'databases of at least 41',
      actual: 16,
      origin: 'deploy/redis.conf',
    });
  });
});

test('a nightly backup has a name of its own; a dump that was called otherwise has not', () => {
  const nightly = {name: 'sessions-2026-01-14.rdb.gz', asWritten: false};
  expect(verdictOn({dumpName: nightly}).failed).toEqual([]);
  const dbfilename = {value: 'other.rdb', origin: 'r.conf:2'};
  const {settings} = aProduction();
  const named = verdictOn({settings: {...settings, dbfilename}});
  expect(named).toMatchObject({outcome: 'passed', failed: ['production/file-name']});
});
