/** Recording anew: what is kept of what was recorded, what is told of the change, and when nothing is written. Real servers. */
import {existsSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import type {Expectations} from '../../src/judge/expectations.ts';
import {recordCommand} from '../../src/recording.ts';
import {plain} from '../../src/report/text.ts';
import {scratch, testDeps} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';

const dir = scratch();
let live: LiveRedis;

beforeAll(async () => {
  live = await LiveRedis.start();
  const {redis} = live;
  for (let n = 0; n < 40; n++) await redis.hset(`user:${n}`, {name: `secret ${n}`});
  for (let n = 0; n < 20; n++) await redis.set(`flag:${n}`, 'on');
  await live.saveTo(dir.file('first.rdb'));
  await recorded('first.rdb', 'kept.json');
});
afterAll(async () => {
  await live[Symbol.asyncDispose]();
  dir.dispose();
});

async function recorded(backup: string, file: string, update = false) {
  const printed: string[] = [];
  const print = (text: string): void => void printed.push(text);
  const io = {deps: testDeps, paint: plain, out: print, log: print};
  const flags = {backup: dir.file(backup), expect: dir.file(file), server: 'process', update};
  const exitCode = await recordCommand(flags, io).catch(error => error.exitCode as number);
  return {exitCode, printed: printed.join('')};
}
const read = (file: string): Expectations => JSON.parse(readFileSync(dir.file(file), 'utf8'));

describe('--update', () => {
  test('leaves a file alone of which nothing changed, though the backup is another', async () => {
    const {mtimeMs} = statSync(dir.file('kept.json'));
    await live.saveTo(dir.file('again.rdb'));
    const {exitCode, printed} = await recorded('again.rdb', 'kept.json', true);
    expect({exitCode, changed: statSync(dir.file('kept.json')).mtimeMs !== mtimeMs}).toEqual({
      exitCode: 0,
      changed: false,
    });
    expect(printed).toContain(`Nothing changed: ${dir.file('kept.json')} is as it was.`);
  });

  test('writes what changed, keeps the groups, and tells the change in counts', async () => {
    writeFileSync(dir.file('grown.json'), readFileSync(dir.file('kept.json')));
    for (let n = 40; n < 50; n++) await live.redis.hset(`user:${n}`, {name: `secret ${n}`});
    await live.saveTo(dir.file('grown.rdb'));
    const {exitCode, printed} = await recorded('grown.rdb', 'grown.json', true);
    expect(exitCode).toBe(0);
    const told = printed.split('\n').filter(line => line.startsWith('  '));
    expect(told).toEqual([
      '  keys: 60, now 70 (+10)',
      '  db 0: keys: 60, now 70 (+10)',
      '  type hash: 40, now 50 (+10)',
      '  group user:*: keys: 40, now 50 (+10)',
      '  group user:*: type hash: 40, now 50 (+10)',
      '  values: changed',
    ]);
    expect(printed).not.toMatch(/secret|user:\d/);
    const [before, after] = [read('kept.json'), read('grown.json')];
    expect(after.dataset.groups!['flag:*']).toEqual(before.dataset.groups!['flag:*']);
    expect(Object.keys(after.dataset.groups!)).toEqual(Object.keys(before.dataset.groups!));
  });

  test('takes in a new kind of keys that would be in no group', async () => {
    for (let n = 0; n < 30; n++) await live.redis.set(`order:${n}`, 'x');
    await live.saveTo(dir.file('orders.rdb'));
    await recorded('orders.rdb', 'grown.json', true);
    // Then they are a third of what is in no group: the next one finds them.
    const {printed} = await recorded('orders.rdb', 'grown.json', true);
    expect(printed).toContain('group order:*: 30, new');
  });

  test('records where nothing was recorded yet', async () => {
    expect(await recorded('first.rdb', 'new.json', true)).toMatchObject({exitCode: 0});
    expect(read('new.json').dataset.keys).toBe(60);
  });

  test('does not write over what it cannot read', async () => {
    writeFileSync(dir.file('other.json'), '{"schemaVersion": 7}');
    expect(await recorded('first.rdb', 'other.json', true)).toMatchObject({exitCode: 2});
    expect(readFileSync(dir.file('other.json'), 'utf8')).toBe('{"schemaVersion": 7}');
    // Without it the file is written anew, as ever.
    expect(await recorded('first.rdb', 'other.json')).toMatchObject({exitCode: 0});
  });

  test('writes nothing from a backup that fails its drill', async () => {
    const before = readFileSync(dir.file('kept.json'), 'utf8');
    writeFileSync(dir.file('cut.rdb'), readFileSync(dir.file('first.rdb')).subarray(0, -20));
    const {exitCode, printed} = await recorded('cut.rdb', 'kept.json', true);
    expect(exitCode).toBe(4);
    expect(printed).toContain('Nothing was recorded');
    expect(readFileSync(dir.file('kept.json'), 'utf8')).toBe(before);
    await recorded('cut.rdb', 'never.json', true);
    expect(existsSync(dir.file('never.json'))).toBe(false);
  });
});

test('without --update the file is written anew, and the change is told as well', async () => {
  writeFileSync(dir.file('anew.json'), readFileSync(dir.file('kept.json')));
  const {printed} = await recorded('grown.rdb', 'anew.json');
  expect(printed).toContain('  keys: 60, now 70 (+10)');
  expect(read('anew.json').backup.name).toBe('grown.rdb');
});
