/**
 * One drill that ends, in a process of its own: `node append-record.ts '{"at": …, "from": …, "count": …}'` appends so many
 * records to a history, each with a total time that tells it from all others, and thins it each time, as drills do.
 */
import {tmpdir} from 'node:os';
import {openHistory} from '../../src/history/open-history.ts';
import {aRecord, night} from '../records.ts';

type Asked = {at: string; from: number; count: number; keep: number; access?: object};

const {at, from, count, keep, ...access} = JSON.parse(process.argv[2]!) as Asked;
const store = await openHistory(
  {at, ...access},
  {
    env: name => process.env[name],
    environment: process.env as Record<string, string>,
    tempDir: tmpdir(),
  },
);
for (let number = from; number < from + count; number += 1) {
  // All of one moment: only chance tells their names apart.
  await store.append(aRecord({finishedAt: night(0), timings: {restoreMs: 403, totalMs: number}}));
  await store.thin({records: keep, weeks: 4});
}
process.stdout.write('done\n');
