/**
 * What is wrong with the packing of a backup: thrown where it is noticed, caught once in unpack.ts, turned into a
 * finding. Its words may carry names of files in an archive, never bytes of the backup, and nothing of a secret.
 */
import {DrillError} from '../errors.ts';

/** Headings in docs/rules.md. */
export type PackingRule =
  | 'backup/truncated-packing'
  | 'backup/corrupt-compression'
  | 'backup/corrupt-archive'
  | 'backup/corrupt-encryption'
  | 'backup/trailing-garbage'
  | 'backup/undecryptable'
  | 'backup/no-dump-inside'
  | 'backup/unsafe-path'
  | 'backup/unsafe-link'
  | 'backup/expands-too-far'
  | 'backup/nested-too-deep';

/** A backup that cannot be unpacked has failed: the answer of this stage, not an error of it. */
export type PackingDamage = {rule: PackingRule; message: string; hint: string};

const CUT =
  'The upload or copy was probably cut short. Compare its size with the producer’s, and drill the one before it.';
const DAMAGED =
  'The backup was damaged on its way, or the program that packed it failed. Compare its hash with the producer’s, and drill the one before it.';
const NOT_TRUSTED =
  'Who made this archive, and how? Unpack it by hand, somewhere harmless, to see what it holds.';

const HINTS: Record<PackingRule, string> = {
  'backup/truncated-packing': CUT,
  'backup/corrupt-compression': DAMAGED,
  'backup/corrupt-archive': DAMAGED,
  'backup/corrupt-encryption': DAMAGED,
  'backup/trailing-garbage':
    'Something wrote on after the end: a longer file written over, two files joined, or a job that prints into its own pipe. What follows would be lost.',
  'backup/undecryptable':
    'Is it the key that the backup job encrypts to today? A backup whose key is lost is no backup.',
  'backup/no-dump-inside': 'Look at what the backup job packs: was the dump there when it ran?',
  'backup/unsafe-path': NOT_TRUSTED,
  'backup/unsafe-link': NOT_TRUSTED,
  'backup/expands-too-far':
    'If the backup is really like that, raise `unpack.max-ratio`, `unpack.max-size` or `unpack.max-entries` in the config.',
  'backup/nested-too-deep': 'No backup job packs like that: unpack it by hand to see what it holds.',
};

export class PackingFault extends Error {
  override readonly name = 'PackingFault';
  readonly rule: PackingRule;
  readonly hint: string;

  constructor(rule: PackingRule, message: string, hint: string = HINTS[rule]) {
    super(message);
    this.rule = rule;
    this.hint = hint;
  }
}

const FORMAT = new Intl.NumberFormat('en-US', {maximumFractionDigits: 0});
/** 1204331 -> "1,204,331". */
export const grouped = (count: number): string => FORMAT.format(count);

/** Bytes that no writer produces, as a decoder meets them; where that was and in what is added by layer.ts. */
export class Malformed extends Error {
  override readonly name = 'Malformed';
  /** Where it is not what the decoder's kind of packing is usually called. */
  readonly rule: PackingRule | undefined;

  constructor(message: string, rule?: PackingRule) {
    super(message);
    this.rule = rule;
  }
}

/** No fault of the backup: this version lacks a decoder. `what`: with its article. */
export const unsupportedForm = (what: string, name = 'the backup'): DrillError =>
  new DrillError('unpack/unsupported-form', `${name} is ${what}, which this version cannot unpack`, {
    hint: 'Unpack it in an earlier step and drill the plain dump.',
    facts: {form: what},
  });
