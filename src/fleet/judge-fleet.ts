/**
 * What can be said of several drills together that none of them can say by itself: that the shards of a cluster serve
 * every slot, none twice, and agree on who serves what. Pure.
 */
import {inWords} from '../judge/cluster.ts';
import {type Finding, fail, pass, skipped} from '../judge/finding.ts';
import {rangesOf, SLOTS, type SlotSet, slotsIn} from '../redis/slots.ts';
import type {Drilled, FleetReport} from './fleet-report.ts';

type Sharded = Drilled & {cluster: NonNullable<Drilled['cluster']>};

export function judgeFleet({drills}: Pick<FleetReport, 'drills'>): Finding[] {
  const shards = drills.flatMap(drilled => (drilled.cluster ? [{...drilled, cluster: drilled.cluster}] : []));
  return [...Map.groupBy(shards, ({cluster}) => cluster.name)].flatMap(([name, its]) =>
    judgeCluster(name, its),
  );
}

function judgeCluster(name: string, shards: Sharded[]): Finding[] {
  const absent = shards[0]!.cluster.backups.filter(backup => !shards.some(shard => shard.name === backup));
  if (absent.length > 0) {
    const message = `whether ${name} is whole is for who sees all of its shards to say: ${absent.join(', ')} not drilled here`;
    return [skipped('cluster/slots-covered', message, {severity: 'note', origin: name})];
  }
  return [covered(name, shards), twice(name, shards), ...agreed(name, shards)];
}

/** By the shards that restore: what another one should have served is lost. */
function covered(name: string, shards: Sharded[]): Finding {
  const rule = 'cluster/slots-covered';
  const restored = shards.filter(({report}) => report.outcome === 'passed');
  const served = slotsIn(restored.flatMap(({cluster}) => cluster.slots));
  const missing = rangesOf(served.map(has => 1 - has));
  const parts = {expected: SLOTS, actual: sizeOf(served), origin: name};
  if (missing.length === 0) return pass(rule, `the shards of ${name} serve every slot`, parts);
  const lost = shards.filter(({report}) => report.outcome !== 'passed').map(({name}) => name);
  const why = lost.length > 0 ? `; not passed: ${lost.join(', ')}` : '';
  return fail(rule, `slots of ${name} are in no backup that restores: ${inWords(missing)}${why}`, {
    ...parts,
    hint: 'A cluster that lacks slots refuses every command (cluster-require-full-coverage). Is a shard missing from the config, or from the backups?',
  });
}

/** Served by two shards, or with keys in the dumps of two. */
function twice(name: string, shards: Sharded[]): Finding {
  const rule = 'cluster/slots-twice';
  const served = overlap(shards.map(({cluster}) => slotsIn(cluster.slots)));
  // While a slot moves, its keys may be on both sides.
  const open = slotsIn(shards.flatMap(({cluster}) => cluster.open));
  const held = overlap(shards.map(({report}) => slotsIn(datasetSlots(report)))).map((is, slot) =>
    open[slot] ? 0 : is,
  );
  const both = rangesOf(served.map((is, slot) => is | held[slot]!));
  if (both.length === 0) return pass(rule, `no slot of ${name} is in two shards`, {origin: name});
  const what = sizeOf(served) > 0 ? 'are served by two shards' : 'have keys in the backups of two shards';
  return fail(rule, `slots of ${name} ${what}: ${inWords(both)}`, {
    hint: 'Are two of these backups of one shard, or of different times with slots moved in between? Which copy of a key is right, nobody can tell.',
    origin: name,
  });
}

const datasetSlots = ({inspection, saved}: Drilled['report']): string[] => (inspection ?? saved)?.slots ?? [];

function overlap(sets: SlotSet[]): SlotSet {
  const counts = new Uint8Array(SLOTS);
  for (const set of sets) for (let slot = 0; slot < SLOTS; slot++) counts[slot]! += set[slot]!;
  return counts.map(count => (count > 1 ? 1 : 0));
}

/** Each nodes.conf tells of all shards: those of one moment tell the same. */
function agreed(name: string, shards: Sharded[]): Finding[] {
  const maps = shards.flatMap(({name, cluster}) =>
    cluster.masters ? [{name, map: canonical(cluster.masters)}] : [],
  );
  const [first, ...others] = maps;
  if (!first || others.length === 0) return [];
  const rule = 'cluster/topology';
  const unlike = others.filter(({map}) => map !== first.map).map(({name}) => name);
  if (unlike.length === 0)
    return [pass(rule, `every shard of ${name} has the same map of its slots`, {origin: name})];
  return [
    fail(
      rule,
      `the shards of ${name} do not agree on who serves which slots: ${[first.name, ...unlike].join(', ')}`,
      {
        hint: 'These backups are of different times, with slots moved in between: keys of such slots are lost or there twice. Back all shards up at a time when no slot moves.',
        origin: name,
      },
    ),
  ];
}

const canonical = (masters: Record<string, string[]>): string =>
  Object.entries(masters)
    .map(([id, ranges]) => `${id} ${rangesOf(slotsIn(ranges)).join()}`)
    .sort()
    .join('\n');

const sizeOf = (slots: SlotSet): number => slots.reduce((sum, is) => sum + is, 0);
