/**
 * A backup that is one shard of a Redis Cluster: every key in it has to be in a slot that this shard serves. That all
 * shards together serve every slot, and none twice, is for who sees them all to say. Pure.
 */
import {z} from 'zod';
import type {Inspection} from '../inspect/inspection.ts';
import {rangesOf, slotsIn} from '../redis/slots.ts';
import {type Finding, fail, pass, skipped} from './finding.ts';

const ranges = z.array(z.string().regex(/^\d+(-\d+)?$/));

export const shardSchema = z.object({
  /** Of the cluster. */
  name: z.string().min(1),
  /** Names of all backups of the config that belong to it. */
  backups: z.array(z.string()),
  /** That this shard serves: by the config, or by its nodes.conf. */
  slots: ranges,
  /** On their way from or to it, by nodes.conf. */
  open: ranges,
  /** Who serves what, by nodes.conf: ranges by id of the master. */
  masters: z.record(z.string(), ranges).optional(),
});
export type Shard = z.infer<typeof shardSchema> & {/** `restore-drill.yml:12`. */ origin: string};

export function judgeSlots({slots}: Inspection, shard: Shard | undefined): Finding[] {
  if (shard === undefined) return [];
  const rule = 'cluster/foreign-slots';
  const {origin} = shard;
  if (slots === undefined) {
    const message = 'the slots of its keys are not known: the dump was not read to its end';
    return [skipped(rule, message, {severity: 'error', origin})];
  }
  const own = slotsIn([...shard.slots, ...shard.open]);
  const foreign = rangesOf(slotsIn(slots).map((here, slot) => (own[slot] === 1 ? 0 : here)));
  const expected = inWords(shard.slots);
  if (foreign.length === 0)
    return [pass(rule, `every key is in a slot of its shard of ${shard.name}`, {expected, origin})];
  return [
    fail(rule, `keys are in slots that this shard of ${shard.name} does not serve: ${inWords(foreign)}`, {
      expected,
      actual: inWords(slots),
      hint: 'Is it the backup of another shard, or of a time before slots were moved? A cluster refuses to serve what is not in its slots.',
      origin,
    }),
  ];
}

const MAX_SHOWN = 10;

/** `0-5460, 9000 and 3 more ranges`. */
export function inWords(list: string[]): string {
  const more = list.length - MAX_SHOWN;
  if (list.length === 0) return 'none';
  return list.slice(0, MAX_SHOWN).join(', ') + (more > 0 ? ` and ${more} more ranges` : '');
}
