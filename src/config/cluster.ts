/** `cluster` of a backup: of which cluster it is a shard, and which slots it serves. Reads the nodes.conf that it names. */
import {readFile} from 'node:fs/promises';
import {z} from 'zod';
import type {Shard} from '../judge/cluster.ts';
import {readNodes} from '../redis/cluster-nodes.ts';
import {readRange} from '../redis/slots.ts';
import type {Problem} from './problems.ts';

const slotsSchema = z.union([z.string(), z.int()]).transform((value, context) => {
  const ranges = String(value)
    .split(/[,\s]+/)
    .filter(Boolean);
  if (ranges.length > 0 && ranges.every(range => readRange(range) !== null)) return ranges;
  context.addIssue({
    code: 'custom',
    message: 'write slots from 0 to 16383, such as 0-5460 or "0-99, 5461-10922"',
  });
  return z.NEVER;
});

export const clusterConfigSchema = z
  .strictObject({
    name: z.string().min(1),
    /** That this shard serves. */
    slots: slotsSchema.optional(),
    /** Its nodes.conf, which says so. */
    nodes: z.string().min(1).optional(),
  })
  .refine(
    ({slots, nodes}) => (slots === undefined) !== (nodes === undefined),
    'say `slots`, or `nodes`: one of them',
  );

type Written = z.output<typeof clusterConfigSchema> | undefined;

/** Adds to `problems` what is wrong with the nodes.conf. */
export async function readShard(
  written: Written,
  backups: string[],
  origin: string,
  problems: Problem[],
): Promise<Shard | undefined> {
  if (written === undefined) return undefined;
  const {name, slots = [], nodes} = written;
  if (nodes === undefined) return {name, backups, slots, open: [], origin};
  try {
    const read = readNodes(await readFile(nodes, 'utf8'));
    if (read) return {name, backups, ...read, origin};
    problems.push({origin, message: `cluster.nodes: ${nodes} is no nodes.conf of a node of a cluster`});
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
    problems.push({origin, message: `cluster.nodes: ${nodes} cannot be read (${code})`});
  }
  return undefined;
}

/** Names of the backups of a cluster, by what the whole file says. */
export const shardsOf = (name: string, all: Record<string, unknown>[]): string[] =>
  all
    .filter(({cluster}) => z.looseObject({name: z.literal(name)}).safeParse(cluster).success)
    .map(backup => String(backup.name));
