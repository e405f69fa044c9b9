/**
 * What a drill makes of an append-only file is what the live server held when the file was copied: for datasets drawn at
 * random, rewritten in between and copied while the server goes on writing, by every server at hand. `AOF_SEED=n`
 * draws others, `AOF_DATASETS=n` more.
 */
import {execFile} from 'node:child_process';
import {existsSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {promisify} from 'node:util';
import {afterAll, describe, expect, test} from '@jest/globals';
import type {DrillReport} from '../../src/report/drill-report.ts';
import {AOF_ON, dirOf, rewrite} from '../aof-sets.ts';
import {drillOf, failures, scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {RandomDataset, seedOf} from '../random-dataset.ts';
import {skipMissing} from '../servers.ts';
import {unpackedServers} from '../unpacked-server.ts';

const DATASETS = Number(process.env.AOF_DATASETS ?? 2);
const firstSeed = seedOf('AOF_SEED');
const run = promisify(execFile);
const dir = scratch();
afterAll(() => dir.dispose());

skipMissing('append-only files of real servers');

/** Writes on, one command at a time, until it is told to stop; tells every digest that there was in between. */
class Writer {
  readonly digests = new Set<string>();
  readonly #live: LiveRedis;
  #writing = true;
  #done: Promise<void>;

  constructor(live: LiveRedis) {
    this.#live = live;
    this.#done = this.#write();
  }

  async #write(): Promise<void> {
    const {redis} = this.#live;
    for (let n = 0; this.#writing || n < 5; n++) {
      this.digests.add(await this.#live.digest());
      // A transaction is whole in the copy, or not in it.
      await redis.multi().rpush('while copied', `${n}`).hincrby('count', 'of writes', 1).exec();
    }
    this.digests.add(await this.#live.digest());
  }

  async stop(): Promise<void> {
    this.#writing = false;
    await this.#done;
  }
}

describe.each(unpackedServers(dir))('written and drilled by %s', (_, {binary, line, asked, deps}) => {
  const isOld = line.major < 7;
  const fieldTtls = line.product === 'redis' ? line.major >= 8 : line.major >= 9;
  const options = {binary, debug: !isOld};

  async function drilled(backup: string, seed: number): Promise<DrillReport> {
    const report = await drillOf(backup, asked, deps);
    expect({seed, outcome: report.outcome, failed: failures(report)}).toEqual({
      seed,
      outcome: 'passed',
      failed: [],
    });
    expect(report.ledger.filter(({status}) => status === 'unbalanced')).toEqual([]);
    const line = report.ledger.find(({name}) => name === 'digest of what the server saved = DEBUG DIGEST');
    expect(line!.status).toBe('balanced');
    return report;
  }

  test.each([
    ['rewritten to a dump in between', 'yes'],
    ['rewritten to commands in between', 'no'],
  ])(`${DATASETS} random datasets from seed ${firstSeed}, %s`, async (_title, preamble) => {
    for (let seed = firstSeed; seed < firstSeed + DATASETS; seed++) {
      await using live = await LiveRedis.start([...AOF_ON, '--aof-use-rdb-preamble', preamble], options);
      const commands = new RandomDataset(seed).commands({fieldTtls});
      const half = commands.length >> 1;
      const write = (some: typeof commands) =>
        Promise.all(some.map(([name, ...args]) => live.redis.call(name, ...args)));
      await write(commands.slice(0, half));
      await Promise.all([rewrite(live.redis), write(commands.slice(half))]);
      const quiet = await live.digest();
      const data = await dirOf(live.redis);
      const backup = dir.file('copy');
      const from = ['appendonlydir', 'appendonly.aof'].map(name => join(data, name)).find(existsSync)!;
      const copy = async () => {
        rmSync(backup, {recursive: true, force: true});
        await run('cp', ['-r', from, backup]);
      };
      await copy();
      expect({seed, digest: (await drilled(backup, seed)).census!.digest!.hex}).toEqual({
        seed,
        digest: quiet,
      });

      const writer = new Writer(live);
      await sleep(5);
      await copy();
      await writer.stop();
      const {census} = await drilled(backup, seed);
      expect({seed, known: writer.digests.has(census!.digest!.hex)}).toEqual({seed, known: true});
    }
  });
});
