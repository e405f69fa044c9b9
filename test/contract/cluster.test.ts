/** Shards of a real cluster of three masters, drilled together; then one is missing, one older than the others, one twice. */
import {execFileSync} from 'node:child_process';
import {copyFileSync, readFileSync, writeFileSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {renderFleet} from '../../src/fleet/fleet-text.ts';
import {holdFleet} from '../../src/fleet/hold-fleet.ts';
import {inspect} from '../../src/inspect/inspect.ts';
import {readNodes} from '../../src/redis/cluster-nodes.ts';
import {slotsIn} from '../../src/redis/slots.ts';
import {scratch, testDeps} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {freePort} from '../stores/programs.ts';

const dir = scratch();
afterAll(() => dir.dispose());

const KEYS = 3000;
const slots = new Map<string, number>();

/** Dumps and nodes.conf of all three, as the backup job of each node would take them. */
async function backUp(nodes: LiveRedis[], when: string): Promise<void> {
  for (const [index, node] of nodes.entries()) {
    await node.saveTo(dir.file(`${when}-${index}.rdb`));
    copyFileSync(join(dirname(node.dump), 'nodes.conf'), dir.file(`${when}-${index}.conf`));
  }
}

beforeAll(async () => {
  await using stack = new AsyncDisposableStack();
  // Of a node, and with so much more of its bus.
  const port = () => freePort([10_000]);
  const ports = [await port(), await port(), await port()];
  const nodes: LiveRedis[] = [];
  for (const port of ports) {
    const flags = ['--port', String(port), '--bind', '127.0.0.1', '--cluster-enabled', 'yes'];
    nodes.push(stack.use(await LiveRedis.start([...flags, '--cluster-node-timeout', '15000'])));
  }
  const hosts = ports.map(port => `127.0.0.1:${port}`);
  const cluster = (...args: string[]) => execFileSync('redis-cli', ['--cluster', ...args], {stdio: 'pipe'});
  cluster('create', ...hosts, '--cluster-yes');
  for (const node of nodes)
    while (!String(await node.redis.call('CLUSTER', 'INFO')).includes('cluster_state:ok')) await sleep(50);
  const serving = async (): Promise<number[]> => {
    const all = (await nodes[0]!.redis.call('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
    const owner = new Array<number>(16_384);
    for (const [first, last, [, port]] of all) owner.fill(ports.indexOf(port), first, last + 1);
    return owner;
  };
  const owner = await serving();
  for (let index = 0; index < KEYS; index++) {
    const name = index % 3 === 0 ? `{tag:${index % 77}}:${index}` : `user:${index}`;
    const slot = Number(await nodes[0]!.redis.call('CLUSTER', 'KEYSLOT', name));
    slots.set(name, slot);
    await nodes[owner[slot]!]!.redis.set(name, index);
  }
  await backUp(nodes, 'before');
  const [from, to] = await Promise.all(
    nodes.map(async node => String(await node.redis.call('CLUSTER', 'MYID'))),
  );
  cluster(
    'reshard',
    hosts[0]!,
    '--cluster-from',
    from!,
    '--cluster-to',
    to!,
    '--cluster-slots',
    '900',
    '--cluster-yes',
  );
  // Gossip takes a moment to reach the third.
  for (const node of nodes)
    while (!/myself/.test(String(await node.redis.call('CLUSTER', 'NODES'))) || !(await settled(node)))
      await sleep(50);
  await backUp(nodes, 'after');

  async function settled(node: LiveRedis): Promise<boolean> {
    const all = (await node.redis.call('CLUSTER', 'SLOTS')) as [number, number, [string, number]][];
    const own = all.filter(([, , [, port]]) => port === ports[1]);
    return own.reduce((sum, [first, last]) => sum + last - first + 1, 0) > 6000;
  }
});

type Shard = {source: string; nodes?: string; slots?: string};
const names = ['orders-1', 'orders-2', 'orders-3'];
const shard = (index: number, when = 'after'): Shard => ({
  source: `${when}-${index}.rdb`,
  nodes: `${when}-${index}.conf`,
});
const healthy = () => [shard(0), shard(1), shard(2)];

async function drilled(shards: Shard[], backups?: string) {
  const config = dir.file('restore-drill.yml');
  const entries = shards.map(({source, nodes, slots}, index) => ({
    name: names[index],
    source: dir.file(source),
    server: {kind: 'process'},
    cluster: {name: 'orders', ...(nodes ? {nodes: dir.file(nodes)} : {slots})},
  }));
  writeFileSync(config, JSON.stringify({version: 1, backups: entries}));
  const {fleet, unusable} = await holdFleet({config, backups}, testDeps);
  if (unusable) throw unusable;
  const bad = fleet.findings.filter(({status}) => status === 'fail').map(({rule}) => rule);
  const failed = fleet.drills.flatMap(({name, report}) =>
    report.findings
      .filter(({status, severity}) => status === 'fail' && severity === 'error')
      .map(({rule}) => `${name} ${rule}`),
  );
  return {fleet, bad, failed};
}

test('the slots that our reader finds in a dump are those that the server counts the keys in', async () => {
  const found = new Uint8Array(16_384);
  for (const index of [0, 1, 2]) {
    const inspection = await inspect(dir.file(`before-${index}.rdb`), {slots: true});
    slotsIn(inspection.slots!).forEach((is, slot) => {
      found[slot]! += is;
    });
  }
  const expected = new Uint8Array(16_384);
  for (const slot of slots.values()) expected[slot] = 1;
  expect(found).toEqual(expected);
  expect((await inspect(dir.file('before-0.rdb'))).slots).toBeUndefined();
});

describe('a cluster', () => {
  test('passes where its shards serve every slot, none twice', async () => {
    const {fleet, bad, failed} = await drilled(healthy());
    expect([fleet.outcome, bad, failed]).toEqual(['passed', [], []]);
    expect(fleet.findings.map(({rule}) => rule)).toEqual([
      'cluster/slots-covered',
      'cluster/slots-twice',
      'cluster/topology',
    ]);
    const report = JSON.stringify(fleet);
    for (const name of ['user:1"', '{tag:']) expect(report).not.toContain(name);
  });

  test('passes with its slots from the config too', async () => {
    const shards = [0, 1, 2].map(index => {
      const {slots} = readNodes(readFileSync(dir.file(`after-${index}.conf`), 'utf8'))!;
      return {source: `after-${index}.rdb`, slots: slots.join(', ')};
    });
    const {fleet} = await drilled(shards);
    expect(fleet.outcome).toBe('passed');
  });

  test('fails where the config has no backup of a shard: its slots are named', async () => {
    const {fleet, bad} = await drilled([shard(0), shard(2)]);
    expect([fleet.outcome, bad]).toEqual(['failed', ['cluster/slots-covered']]);
    const {slots} = readNodes(readFileSync(dir.file('after-1.conf'), 'utf8'))!;
    for (const range of slots) expect(renderFleet(fleet)).toContain(range);
  });

  test('fails where the backup of a shard is not there', async () => {
    const {fleet, bad} = await drilled([shard(0), {...shard(1), source: 'gone.rdb'}, shard(2)]);
    expect([fleet.outcome, bad]).toEqual(['failed', ['cluster/slots-covered']]);
    expect(renderFleet(fleet)).toContain('not passed: orders-2');
  });

  test('fails where one shard is of before slots were moved, by its map and by its keys', async () => {
    const {fleet, bad} = await drilled([shard(0, 'before'), shard(1), shard(2)]);
    expect([fleet.outcome, bad]).toEqual(['failed', ['cluster/slots-twice', 'cluster/topology']]);
    const other = await drilled([shard(0), shard(1, 'before'), shard(2)]);
    expect(other.bad).toEqual(['cluster/slots-covered', 'cluster/topology']);
  });

  test('fails where a dump is older than the map beside it', async () => {
    const {bad, failed} = await drilled([{...shard(0), source: 'before-0.rdb'}, shard(1), shard(2)]);
    expect(failed).toEqual(['orders-1 cluster/foreign-slots']);
    expect(bad).toContain('cluster/slots-twice');
  });

  test('fails where two shards have the backup of one', async () => {
    const {fleet, bad, failed} = await drilled([shard(0), {...shard(1), source: 'after-0.rdb'}, shard(2)]);
    expect(failed).toEqual(['orders-2 cluster/foreign-slots']);
    expect([fleet.outcome, bad]).toEqual(['failed', ['cluster/slots-covered', 'cluster/slots-twice']]);
    const both = await drilled([shard(0), shard(0), shard(2)]);
    expect(both.bad).toEqual(['cluster/slots-covered', 'cluster/slots-twice']);
  });

  test('is not judged by some of its shards: that is for who has the reports of all', async () => {
    const {fleet, bad} = await drilled(healthy(), 'orders-1,orders-3');
    expect([fleet.outcome, bad]).toEqual(['passed', []]);
    expect(fleet.findings).toMatchObject([
      {rule: 'cluster/slots-covered', status: 'skipped', severity: 'note'},
    ]);
  });

  test.each<[Partial<Shard>, RegExp]>([
    [{slots: '0-99999'}, /write slots from 0 to 16383/],
    [{slots: ''}, /write slots/],
    [{nodes: 'after-0.rdb'}, /is no nodes.conf/],
    [{nodes: 'gone.conf'}, /cannot be read \(ENOENT\)/],
    [{}, /one of them/],
  ])('is refused where its slots cannot be told: %j', async (parts, message) => {
    await expect(drilled([{source: 'after-0.rdb', ...parts}])).rejects.toThrow(message);
  });
});
