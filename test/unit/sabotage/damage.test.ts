import {copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterAll, expect, test} from '@jest/globals';
import {inspect} from '../../../src/inspect/inspect.ts';
import {asText, DAMAGES, type Damage} from '../../../src/sabotage/damage.ts';
import {allKeys, halfOfKeys, noChecksum, oneValue, tooNew} from '../../../src/sabotage/dump-damage.ts';
import {key, lzf, rdb, selectDb, str} from '../../rdb-builder.ts';
import {RICH_DUMPS} from '../inspect/dumps.ts';

const directory = mkdtempSync(join(tmpdir(), 'damage-'));
const file = join(directory, 'dump.rdb');
afterAll(() => rmSync(directory, {recursive: true, force: true}));

const SAMPLE = join(import.meta.dirname, '..', '..', '..', 'examples', 'sample', 'dump.rdb');

async function inflicted(damage: Damage, on: Uint8Array): Promise<boolean> {
  writeFileSync(file, on);
  return damage.inflict(file);
}

test.each(
  DAMAGES.map(damage => [damage.name, damage] as const),
)('%s: another file, or none', async (_, damage) => {
  copyFileSync(SAMPLE, file);
  expect(await damage.inflict(file)).toBe(true);
  if (existsSync(file)) expect(readFileSync(file).equals(readFileSync(SAMPLE))).toBe(false);
});

test('each has a name of its own', () => {
  const all = [...DAMAGES, allKeys, halfOfKeys, noChecksum, oneValue, tooNew];
  expect(new Set(all.map(({name}) => name)).size).toBe(all.length);
});

test('what would leave a file as it is says so', async () => {
  const unharmed: string[] = [];
  for (const damage of DAMAGES) if (!(await inflicted(damage, Buffer.alloc(8)))) unharmed.push(damage.name);
  expect(unharmed).toEqual([
    'all zeros: space that was reserved and never written',
    'zeros in the second half: a copy that broke off',
    'zeros for 4 KiB in the middle: a page that was lost',
    'cut after its first nine bytes',
    'cut by a page at its end',
    'sent as text: CR before each LF',
  ]);
});

test('text that is sent in pieces gets a CR before each LF and nowhere else', async () => {
  const text = 'line\n\n'.repeat(50_000);
  expect(await inflicted(asText, Buffer.from(text))).toBe(true);
  expect(readFileSync(file, 'latin1')).toBe(text.replaceAll('\n', '\r\n'));
});

test.each(RICH_DUMPS)('%s: keys go, and what is left is whole', async (_, dump) => {
  writeFileSync(file, dump);
  const before = await inspect(file);
  expect(await inflicted(halfOfKeys, dump)).toBe(true);
  const half = await inspect(file);
  expect(half).toMatchObject({checksum: 'valid', dataset: {keys: before.dataset.keys >> 1}});
  expect(half.error).toBeUndefined();
  expect(await inflicted(allKeys, dump)).toBe(true);
  const none = await inspect(file);
  expect(none).toMatchObject({checksum: 'valid', dataset: {keys: 0}});
  expect(none.error).toBeUndefined();
  expect(none.dataset.functions).toBe(before.dataset.functions);
});

test('one value changes: the same counts, another digest', async () => {
  copyFileSync(SAMPLE, file);
  const before = await inspect(file);
  expect(await oneValue.inflict(file)).toBe(true);
  const after = await inspect(file);
  expect(after.checksum).toBe('valid');
  const {keys, expires, types, functions} = before.dataset;
  expect(after.dataset).toMatchObject({keys, expires, types, functions});
  expect(after.digests!.byDialect).not.toEqual(before.digests!.byDialect);
});

test('the value that changes is one that may: no number, nothing compressed, nothing empty', async () => {
  const dump = rdb('REDIS0011', [
    selectDb(0),
    key(0, 'number', Uint8Array.of(0xc0, 7)),
    key(0, 'empty', str('')),
    key(0, 'compressed', lzf([0, 0x78, 0xe0, 90, 0], 100)),
    key(1, 'list', Uint8Array.of(1, ...str('element'))),
    key(0, 'text', str('textA')),
  ]);
  expect(await inflicted(oneValue, dump)).toBe(true);
  expect(readFileSync(file).includes('text@')).toBe(true);
  expect((await inspect(file)).error).toBeUndefined();
  expect(await inflicted(oneValue, rdb('REDIS0011', [key(0, 'number', Uint8Array.of(0xc0, 7))]))).toBe(false);
  expect(await inflicted(halfOfKeys, rdb('REDIS0011', []))).toBe(false);
});

test('the checksum goes, where there is one, and nothing else', async () => {
  copyFileSync(SAMPLE, file);
  expect(await noChecksum.inflict(file)).toBe(true);
  expect((await inspect(file)).checksum).toBe('absent');
  expect(await noChecksum.inflict(file)).toBe(false);
});

test('a version of tomorrow, with a checksum that fits', async () => {
  expect(await inflicted(tooNew, rdb('VALKEY080', []))).toBe(true);
  expect(await inspect(file)).toMatchObject({magic: 'VALKEY', rdbVersion: 999, checksum: 'valid'});
  copyFileSync(SAMPLE, file);
  expect(await tooNew.inflict(file)).toBe(true);
  expect(await inspect(file)).toMatchObject({rdbVersion: 9999, checksum: 'valid'});
});

test('a cancel is heard while keys are counted', async () => {
  copyFileSync(SAMPLE, file);
  await expect(halfOfKeys.inflict(file, AbortSignal.abort())).rejects.toMatchObject({code: 'cancelled'});
});
