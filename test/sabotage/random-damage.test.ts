/**
 * Cut and flipped at places drawn from a seed, in each form that a backup comes in: never green, unless the very same
 * dump comes out or a server holds the very same data. First without a server, as most damage needs none to be certain;
 * whatever is left, and every tenth of the rest, is restored.
 */
import {existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import type {DrillReport} from '../../src/report/drill-report.ts';
import {drillOf, scratch} from '../drills.ts';
import {type Random, randomOf} from '../fuzz/mutations.ts';
import {packedTest} from '../packed-test.ts';
import {KEY_SETTINGS, keysOf, Packer, type PackName} from '../packers.ts';
import {SAMPLE} from '../servers.ts';

/** In each form. All of `PLACES=500 npm test -- test/sabotage/random-damage` takes minutes; each run here has a part of it. */
const PLACES = Number(process.env.PLACES ?? 100);
const AT_ONCE = 4;
/** One in so many is restored though its damage is certain. */
const SERVED = 10;
const SEED = Number(process.env.DAMAGE_SEED ?? 4);

const PATH = process.env.PATH ?? '';
const dir = scratch();
let packer: Packer;
let healthy: DrillReport;
let serverless: string;
beforeAll(async () => {
  packer = new Packer(dir.path);
  serverless = toolsOnly();
  healthy = await drillOf(SAMPLE, {server: 'process'});
  expect(healthy.outcome).toBe('passed');
});
afterAll(() => {
  packer.dispose();
  dir.dispose();
});

/** Cut, or a bit flipped, or both. */
function damaged(whole: Buffer, {below, pick}: Random): Buffer {
  const kind = pick(['cut', 'flipped', 'flipped', 'both']);
  const bytes = Buffer.from(kind === 'flipped' ? whole : whole.subarray(0, below(whole.length)));
  if (kind !== 'cut' && bytes.length > 0) bytes[below(bytes.length)]! ^= 1 << below(8);
  return bytes;
}

/** The name of what is wrong with this verdict, if anything. */
function objection({outcome, error, backup, census, findings}: DrillReport): string | null {
  if (outcome === 'failed')
    return findings.some(({status}) => status === 'fail') ? null : 'red for no reason';
  // Bytes may make another form of it, which is refused by name.
  if (outcome === 'not-run')
    return error?.code === 'unpack/unsupported-form' ? null : `not run: ${error?.code}`;
  if (backup?.sha256?.plain === healthy.backup!.sha256!.plain) return null;
  return census?.digest?.hex === healthy.census!.digest!.hex ? null : 'a false green';
}

/** A PATH with what decrypts on it, and no server. */
function toolsOnly(): string {
  const tools = dir.file('tools');
  mkdirSync(tools);
  for (const program of ['gpg', 'gpgconf', 'openssl']) {
    const found = PATH.split(delimiter).find(folder => existsSync(join(folder, program)));
    if (found !== undefined) symlinkSync(join(found, program), join(tools, program));
  }
  return tools;
}

async function expectNoFalseGreen(form: string, whole: Buffer): Promise<void> {
  const wrong: unknown[] = [];
  // gpg from its own keyring: importing the key each time takes most of a minute.
  const set = KEY_SETTINGS.filter(setting => !setting.startsWith('decrypt.gpg.key='));
  const asked = {server: 'process', set};
  const secretOf = keysOf(packer);
  const env = (name: string) => (name === 'GNUPGHOME' ? join(packer.directory, 'gnupg') : secretOf(name));
  const judge = (place: number, report: DrillReport): void => {
    const what = objection(report);
    if (what !== null) wrong.push({place, what, findings: report.findings.slice(0, 2)});
  };
  let next = 0;
  let served = 0;
  const worker = async (_: unknown, number: number) => {
    const path = dir.file(`${form}-${number}.rdb`);
    for (let place = next++; place < PLACES; place = next++) {
      writeFileSync(path, damaged(whole, randomOf(SEED, place)));
      const alone = await drillOf(path, asked, {env, searchPath: serverless});
      const undecided = alone.outcome === 'not-run' && alone.error?.code === 'server/unavailable';
      if (!undecided) judge(place, alone);
      if (!undecided && place % SERVED > 0) continue;
      served++;
      judge(place, await drillOf(path, asked, {env}));
    }
  };
  await Promise.all(Array.from({length: AT_ONCE}, worker));
  expect(wrong).toEqual([]);
  expect(served).toBeGreaterThanOrEqual(PLACES / SERVED);
}

describe(`${PLACES} places of seed ${SEED}`, () => {
  test('a plain dump', () => expectNoFalseGreen('plain', readFileSync(SAMPLE)));

  const FORMS: PackName[][] = [
    ...(['gzip', 'bzip2', 'zstd', 'xz', 'lz4', 'tar', 'zip', 'age', 'gpg', 'openssl'] as const).map(name => [
      name,
    ]),
    // The encrypted ones as text, and in one another.
    ['age in text'],
    ['gpg in text, signed'],
    ['openssl in text'],
    ['tar', 'gzip'],
    ['zstd', 'age'],
  ];
  packedTest.each(FORMS.map(names => [names.join(' in '), names] as const))('%s', async (form, names) => {
    await expectNoFalseGreen(form, readFileSync(packer.pack(SAMPLE, ...names)));
  });
});
