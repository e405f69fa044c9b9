/**
 * nodes.conf: what a node of a cluster knows of all of them, one a line, slots at the end. In: its text. Out: the slots of
 * the node itself (of a replica: those of its master), and who has which. https://redis.io/docs/latest/commands/cluster-nodes/
 */
import {readRange} from './slots.ts';

export type ClusterNodes = {
  /** Of the node that wrote it. */
  slots: string[];
  /** On their way from or to it: keys of theirs may be here and there. */
  open: string[];
  /** Ranges by id of the master. */
  masters: Record<string, string[]>;
};

const ID = /^[0-9a-f]{40}$/;

/** `null` of what is no nodes.conf, or does not say which of the nodes wrote it. */
export function readNodes(text: string): ClusterNodes | null {
  const masters: Record<string, string[]> = {};
  let own: string | null = null;
  let open: string[] = [];
  for (const line of text.split('\n')) {
    const [id = '', , flags = '', master = '', , , , , ...slots] = line.trim().split(/\s+/);
    if (id === '' || id === 'vars') continue;
    if (!ID.test(id) || flags === '') return null;
    const ranges = slots.filter(slot => !slot.startsWith('['));
    if (ranges.some(range => readRange(range) === null)) return null;
    if (ranges.length > 0) masters[id] = ranges;
    if (!flags.split(',').includes('myself')) continue;
    own = ID.test(master) ? master : id;
    // `[93-<-id]` comes, `[77->-id]` goes.
    open = slots.flatMap(slot => /^\[(\d+)-[<>]-[0-9a-f]{40}\]$/.exec(slot)?.[1] ?? []);
  }
  return own === null ? null : {slots: masters[own] ?? [], open, masters};
}
