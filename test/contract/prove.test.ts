/** What `lint --prove` sees on real servers: what is left of existing data, what they refuse, and that they say what was read. */
import {describe, expect} from '@jest/globals';
import {getContainerRuntimeClient} from 'testcontainers';
import {type Change, keptOf, proofOf, proved} from '../proofs.ts';
import {containerTest} from '../servers.ts';

const ALL = [1000, 1000];
const AS_SAVED = [1000, 600];

describe('of 1,000 keys, 600 of them saved, are left after a restart, and after a kill', () => {
  containerTest.each<[string, Change, {without: unknown; with: unknown; rules: string[]}]>([
    [
      'AOF turned on over a dump: none, which nobody would notice',
      {on: 'redis:7.0', base: 'save 900 1', head: 'save 900 1;appendonly yes'},
      {without: AS_SAVED, with: [0, 0], rules: ['lint/deploy-loses-keys']},
    ],
    [
      'AOF turned off: what was saved at the end, if there was time for it',
      {on: 'valkey:9.1', base: 'save 900 1;appendonly yes', head: 'save 900 1;appendonly no'},
      {without: ALL, with: AS_SAVED, rules: ['lint/deploy-loses-keys']},
    ],
    [
      'a moved directory: none',
      {on: 'redis:6.0', base: 'appendonly yes;dir /data', head: 'appendonly yes;dir /srv'},
      {without: ALL, with: [0, 0], rules: ['lint/deploy-loses-keys']},
    ],
    [
      'fewer databases over a dump: no start',
      {on: 'redis:8.0', base: 'save 900 1;databases 16', head: 'save 900 1;databases 4'},
      {without: AS_SAVED, with: ['refused', 'refused'], rules: ['lint/deploy-loses-keys']},
    ],
    [
      'a line that the server refuses: no start',
      {on: 'redis:7.0', base: 'save 900 1', head: 'save 900 1;no-such-directive 5'},
      {
        without: AS_SAVED,
        with: ['refused', 'refused'],
        rules: ['lint/deploy-loses-keys', 'lint/server-refuses'],
      },
    ],
    [
      'a node of a cluster, and nothing that matters to its files: all',
      {
        on: 'valkey:8.1',
        base: 'cluster-enabled yes;appendonly yes',
        head: 'cluster-enabled yes;appendonly yes;appendfsync no',
      },
      {without: ALL, with: ALL, rules: []},
    ],
  ])('%s', async (_, change, expected) => {
    const linted = await proved(change);
    const proof = proofOf(linted);
    expect({
      without: keptOf(proof, 'without'),
      with: keptOf(proof, 'with'),
      rules: linted.findings.map(({rule}) => rule).filter(rule => OF_PROOFS.includes(rule)),
      otherwise: [proof.head, proof.base].map(side => side!.otherwise),
      notProved: proof.notProved,
      predicted: proof.deploys.map(({predicted}) => predicted !== null),
    }).toEqual({...expected, otherwise: [[], []], notProved: [], predicted: [true, true]});
    expect(proof.head!.asRead).toBeGreaterThan(100);
  });
});

const OF_PROOFS = [
  ...['lint/deploy-loses-keys', 'lint/server-refuses', 'lint/read-otherwise', 'lint/predicted-otherwise'],
  ...['lint/loss-beyond-worst-case', 'lint/not-proved'],
];

describe('an append-only file and fewer databases', () => {
  containerTest('keys of a database that is gone are found in another one', async () => {
    const linted = await proved({
      on: 'valkey:8.1',
      base: 'save "";appendonly yes;databases 16',
      head: 'save "";appendonly yes;databases 4',
    });
    expect(keptOf(proofOf(linted), 'with')).toEqual(['1000, 500 misplaced', '1000, 500 misplaced']);
    const [finding] = linted.findings.filter(({rule}) => rule === 'lint/deploy-loses-keys');
    expect(finding!.message).toContain('500 of them in another database');
  });
});

describe('without a base', () => {
  containerTest('the configuration is restarted over its own files, and is no finding', async () => {
    const linted = await proved({on: 'redis:7.0', head: 'save 900 1;rdbcompression no'});
    const proof = proofOf(linted);
    expect(keptOf(proof, 'with')).toEqual(AS_SAVED);
    expect(proof).toMatchObject({base: null, changes: [], deploys: [{without: null}, {without: null}]});
    expect(linted.findings.filter(({rule}) => OF_PROOFS.includes(rule))).toEqual([]);
  });

  containerTest('nothing that reaches out of the container is handed over, and no secret', async () => {
    const secret = 'correct-horse-battery';
    const head = `requirepass ${secret};bind 0.0.0.0;logfile /etc/passwd;replicaof 10.0.0.1 6379;save 60 1`;
    const linted = await proved({on: 'redis:7.0', head});
    const proof = proofOf(linted);
    expect(proof.head!.leftOut.map(({directive}) => directive)).toEqual([
      ...['requirepass', 'bind', 'logfile', 'replicaof'],
    ]);
    expect(proof.notProved).toEqual([expect.stringContaining('the keys of a replica are its primary’s')]);
    expect(JSON.stringify(linted.findings) + JSON.stringify(proof)).not.toContain(secret);
  });
});

describe('cancelled', () => {
  containerTest('it ends at once and leaves nothing', async () => {
    const cancel = new AbortController();
    let left: string[] = [];
    const run = 'c0ffee0123456789';
    const running = proved(
      {on: 'redis:7.0', base: 'save 900 1', head: 'save 60 1'},
      {
        signal: cancel.signal,
        run,
        leftIn: names => {
          left = names;
        },
      },
    ).catch((error: unknown) => error);
    setTimeout(() => cancel.abort(), 2000);
    expect(await running).toMatchObject({code: 'cancelled'});
    expect(left.toSorted()).toEqual(['before.conf', 'redis.conf']);
    const {container} = await getContainerRuntimeClient();
    const filters = {label: [`restore-drill.run=${run}`]};
    expect(await container.dockerode.listContainers({all: true, filters})).toEqual([]);
  });
});
