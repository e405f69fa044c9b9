/**
 * One layer of packing taken off: which decoder, and in which words its failures are told. A decoder says what is wrong;
 * here is added in what, and at which byte of the backup.
 */
import type {Packing} from '../form.ts';
import {fromAgeArmor, fromBase64} from './base64.ts';
import {type ByteStream, EndOfInput} from './byte-stream.ts';
import {bunzip2} from './bzip2.ts';
import {ungpg} from './gpg.ts';
import type {Keys} from './keys.ts';
import type {Budget} from './limits.ts';
import {unlz4} from './lz4.ts';
import {unopenssl} from './openssl.ts';
import {grouped, Malformed, PackingFault, type PackingRule, unsupportedForm} from './packing-fault.ts';
import type {Tools} from './tools.ts';
import {gunzip, unzstd} from './zlib-codecs.ts';

export type Archive = 'tar' | 'zip';
export const isArchive = (packing: Packing): packing is Archive => packing === 'tar' || packing === 'zip';

/** What every layer needs to know. */
export type Unpacking = {
  /** The artifact itself: its offset is how far the backup has been read. */
  artifact: ByteStream;
  keys: Keys;
  tools: Tools & {run?: string | undefined};
  budget: Budget;
};

/** One layer, and those around it: its form in words, outermost first. */
export type Layers = {form: string; packing: Packing}[];

type Decode = (input: ByteStream, unpacking: Unpacking) => AsyncIterable<Uint8Array>;

/** Packages are imported when they are needed. */
const DECODERS: Record<Exclude<Packing, Archive>, Decode> = {
  gzip: gunzip,
  bzip2: bunzip2,
  zstd: unzstd,
  xz: async function* (input) {
    const {unxz} = await import('./xz.ts');
    yield* unxz(input);
  },
  lz4: unlz4,
  age: async function* (input, {keys}) {
    const {unage} = await import('./age.ts');
    yield* unage(input, keys.age);
  },
  gpg: (input, {keys, tools}) => ungpg(input, keys.gpg, tools),
  openssl: (input, {keys, tools}) => unopenssl(input, keys.openssl, tools),
  'age-armor': fromAgeArmor,
  // gpg reads its own armor.
  'gpg-armor': (input, {keys, tools}) => ungpg(input, keys.gpg, tools),
  'openssl-base64': fromBase64,
};

const RULES: Record<Packing, PackingRule> = {
  gzip: 'backup/corrupt-compression',
  bzip2: 'backup/corrupt-compression',
  zstd: 'backup/corrupt-compression',
  xz: 'backup/corrupt-compression',
  lz4: 'backup/corrupt-compression',
  tar: 'backup/corrupt-archive',
  zip: 'backup/corrupt-archive',
  age: 'backup/corrupt-encryption',
  gpg: 'backup/corrupt-encryption',
  openssl: 'backup/corrupt-encryption',
  'age-armor': 'backup/corrupt-encryption',
  'gpg-armor': 'backup/corrupt-encryption',
  'openssl-base64': 'backup/corrupt-encryption',
};

/** What comes out of the innermost of `layers`, which is no archive. */
export async function* takeOff(
  input: ByteStream,
  layers: Layers,
  unpacking: Unpacking,
): AsyncGenerator<Uint8Array> {
  const {packing} = layers.at(-1)!;
  if (isArchive(packing)) throw new Error('an archive has entries, not content');
  if (packing === 'xz' && layers.filter(layer => layer.packing === 'xz').length > 1) {
    throw unsupportedForm('xz data in xz data');
  }
  let given = 0;
  try {
    for await (const chunk of DECODERS[packing](input, unpacking)) {
      given += chunk.length;
      unpacking.budget.unfold(chunk.length, given);
      yield chunk;
    }
    // A decoder that is content with less than all would hide what follows.
    await input.drain();
  } catch (error) {
    throw await explained(error, {input, layers, unpacking});
  }
}

type Place = {input: ByteStream; layers: Layers; unpacking: Unpacking};

export async function explained(error: unknown, {input, layers, unpacking}: Place): Promise<unknown> {
  const {form, packing} = layers.at(-1)!;
  const around = layers.at(-2);
  const what = around ? `${form} in ${around.form}` : form;
  const place = () =>
    around
      ? `byte ${grouped(input.offset)} of it, with the backup read up to byte ${grouped(unpacking.artifact.offset)}`
      : `byte ${grouped(input.offset)} of the backup`;
  if (error instanceof EndOfInput) {
    await input.drain().catch(() => {});
    return new PackingFault(
      'backup/truncated-packing',
      `the backup is cut short: ${what} ends before its end, at ${place()}`,
    );
  }
  if (error instanceof Malformed) {
    const rule = error.rule ?? RULES[packing];
    return new PackingFault(
      rule,
      `${WORDS[rule] ?? 'the backup is damaged'}: ${what}: ${error.message}; noticed near ${place()}`,
    );
  }
  return error;
}

const WORDS: Partial<Record<PackingRule, string>> = {
  'backup/undecryptable': 'the backup cannot be decrypted',
  'backup/trailing-garbage': 'the backup goes on after its end',
};
