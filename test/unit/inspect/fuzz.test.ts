import {expect, test} from '@jest/globals';
import {inspectionSchema} from '../../../src/inspect/inspection.ts';
import {corpusDumps, dumpCase, handMade, readAnything} from '../../fuzz/dump-target.ts';
import {randomOf} from '../../fuzz/mutations.ts';
import {fc} from '../../property.ts';
import {bytes, resealed} from '../../rdb-builder.ts';
import {inspectBytes, RICH_DUMPS} from './dumps.ts';

const windowBytes = fc.integer({min: 64, max: 4096});
const richDump = fc.constantFrom(...RICH_DUMPS.map(([, dump]) => dump));

/** Whatever the bytes: a value that fits its schema, inside the file, without a word of it, soon. */
async function expectAnAnswer(dump: Uint8Array, window: number): Promise<void> {
  const started = performance.now();
  const inspection = await inspectBytes(dump, window);
  expect(performance.now() - started).toBeLessThan(10_000);
  expect(inspectionSchema.parse(inspection)).toEqual(inspection);
  expect(inspection.sizeBytes).toBe(dump.length);
  expect(inspection.dataset.keys).toBeLessThanOrEqual(dump.length);
  if (inspection.error === undefined) return;
  expect(inspection.error.offset).toBeLessThanOrEqual(dump.length);
  expect(inspection.error.message).not.toContain('secret');
}

test('random bytes', async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({maxLength: 300}), windowBytes, expectAnAnswer), {
    numRuns: 500,
  });
});

test('random bytes behind a header', async () => {
  const header = fc.constantFrom(
    'REDIS0003',
    'REDIS0011',
    'REDIS0015',
    'REDIS0099',
    'VALKEY080',
    'VALKEY081',
  );
  await fc.assert(
    fc.asyncProperty(header, fc.uint8Array({maxLength: 300}), windowBytes, (start, rest, window) =>
      expectAnAnswer(bytes(start, rest), window),
    ),
    {numRuns: 2000},
  );
});

test('random opcodes and types with random payloads', async () => {
  const code = fc.oneof(fc.integer({min: 242, max: 255}), fc.integer({min: 0, max: 33}));
  const entry = fc.tuple(code, fc.uint8Array({maxLength: 12})).map(([first, rest]) => bytes([first], rest));
  const header = fc.constantFrom('REDIS0012', 'REDIS0015', 'VALKEY081');
  await fc.assert(
    fc.asyncProperty(header, fc.array(entry, {maxLength: 40}), windowBytes, (start, entries, window) =>
      expectAnAnswer(bytes(start, ...entries), window),
    ),
    {numRuns: 2000},
  );
});

test('dumps with parts overwritten, removed and repeated, with and without a checksum that fits', async () => {
  const edit = fc.record({
    at: fc.nat(3000),
    length: fc.nat(40),
    put: fc.oneof(fc.uint8Array({maxLength: 40}), fc.constantFrom(null)),
  });
  const mutated = fc.tuple(richDump, fc.array(edit, {minLength: 1, maxLength: 4}), fc.boolean());
  await fc.assert(
    fc.asyncProperty(mutated, windowBytes, async ([dump, edits, reseal], window) => {
      let damaged = dump;
      for (const {at, length, put} of edits) {
        const from = 9 + (at % (damaged.length - 9));
        const part = damaged.slice(from, from + length);
        damaged = bytes(damaged.slice(0, from), put ?? bytes(part, part), damaged.slice(from + length));
      }
      await expectAnAnswer(reseal && damaged.length > 20 ? resealed(damaged) : damaged, window);
    }),
    {numRuns: 1500},
  );
});

test('real dumps and dumps by hand, mutated as `npm run fuzz` does for as long as one likes', async () => {
  const originals = [...handMade(), ...corpusDumps()];
  const seed = Number(process.env.FUZZ_SEED ?? 1);
  const rules = new Set<string>();
  for (let number = 0; number < 3000; number++) {
    const started = performance.now();
    const {error} = await readAnything(dumpCase(originals, randomOf(seed, number))).catch(cause => {
      throw new Error(`npm run fuzz -- --seed ${seed} --first ${number} --cases 1`, {cause});
    });
    expect(performance.now() - started).toBeLessThan(10_000);
    rules.add(error?.rule ?? 'none');
  }
  // Damage of every kind has been met, and none at all.
  const met = ['corrupt', 'truncated', 'checksum-mismatch', 'unreadable-type', 'not-rdb', 'trailing-bytes'];
  expect([...rules]).toEqual(expect.arrayContaining(['none', ...met.map(rule => `backup/${rule}`)]));
});
