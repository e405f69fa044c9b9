/**
 * What a drill is judged by: expectations from a file of the repository, from beside the backup, or the last good drill
 * in the history, in that order. Which one it is, is chosen here, once the bytes of the backup are known: a backup that is
 * drilled again is no proof of itself. Pure.
 */
import {z} from 'zod';
import type {Dataset, Digest} from '../inspect/inspection.ts';
import type {SideFile} from '../source/backup.ts';
import type {RecordedCanary} from './canaries.ts';
import {type Expectations, expectationsSchema} from './expectations.ts';

export type Baseline = {
  from: 'file' | 'beside' | 'history';
  /** What findings call it: a file, `dump.rdb.expect.json beside the backup`, or `the drill of 2026-11-21T03:17:04.000Z`. */
  name: string;
  recordedAt: string;
  /** Of the backup that it was taken from; `null` where that is not known. */
  plainSha256: string | null;
  dataset: Dataset;
  /** `null` where they were not recorded. */
  modules: Record<string, number> | null;
  serverDigest: Digest | null;
  canaries?: Record<string, RecordedCanary>;
};

/** A drill of the same backup that passed, as a history knows it. */
export type EarlierDrill = {finishedAt: string; plainSha256: string | null; dataset: Dataset};

/** A file of expectations that lay beside the backup; `problem` where it is none. */
export type RecordedBeside = {file: string} & ({expectations: Expectations} | {problem: string});

export type Candidates = {
  file: Expectations | null;
  /** Its name, for findings. */
  fileName?: string | undefined;
  beside?: RecordedBeside | undefined;
  /** Absent where no history is kept. Newest first. */
  earlier?: readonly EarlierDrill[] | undefined;
};

export type Chosen = {
  baseline: Baseline | null;
  /** The last good drill of the very bytes that are drilled, where the baseline is of others. */
  same?: Baseline;
  /** Of expectations beside the backup that cannot be used. */
  unusable?: {file: string; problem: string};
  /** A history is kept, and has no good drill of this backup yet. */
  first?: true;
};

export function chooseBaseline({file, fileName, beside, earlier}: Candidates, plainSha256: string): Chosen {
  if (file) return {baseline: fromExpectations(file, {from: 'file', name: fileName ?? 'expectations'})};
  if (beside && 'expectations' in beside)
    return {
      baseline: fromExpectations(beside.expectations, {
        from: 'beside',
        name: `${beside.file} beside the backup`,
      }),
    };
  // Of a recording that cannot be read nobody knows what it asks for: nothing may stand in for it.
  if (beside && 'problem' in beside) return {baseline: null, unusable: beside};
  if (earlier?.length === 0) return {baseline: null, first: true};
  const other = earlier?.find(drill => drill.plainSha256 !== plainSha256);
  const same = earlier?.find(drill => drill.plainSha256 === plainSha256);
  if (other && same) return {baseline: fromDrill(other), same: fromDrill(same)};
  const only = other ?? same;
  return {baseline: only ? fromDrill(only) : null};
}

/** What lay beside the backup, as far as it can be used. */
export function readBeside({file, text, unread}: SideFile): RecordedBeside {
  if (text === undefined) return {file, problem: unread};
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return {file, problem: 'it is not JSON'};
  }
  const {data, error} = expectationsSchema.safeParse(value);
  if (data) return {file, expectations: data};
  const [{path, message} = {path: [], message: 'unknown'}] = error.issues;
  return {file, problem: `${path.map(String).join('.')}: ${message}`};
}

export const isSameBytes = ({plainSha256}: Baseline, drilled: string): boolean =>
  plainSha256 !== null && plainSha256 === drilled;

export function fromExpectations(
  {recordedAt, backup, dataset, modules, serverDigest, canaries}: Expectations,
  named: Pick<Baseline, 'from' | 'name'>,
): Baseline {
  const plainSha256 = backup.sha256.plain;
  return {...named, recordedAt, plainSha256, dataset, modules, serverDigest, ...(canaries && {canaries})};
}

function fromDrill({finishedAt, plainSha256, dataset}: EarlierDrill): Baseline {
  const name = `the drill of ${finishedAt}`;
  const unknown = {modules: null, serverDigest: null};
  return {from: 'history', name, recordedAt: finishedAt, plainSha256, dataset, ...unknown};
}

/** As a report tells it. */
export const baselineSchema = z.strictObject({
  from: z.enum(['file', 'beside', 'history']),
  /** The file, `dump.rdb.expect.json beside the backup`, or `the drill of 2026-11-21T03:17:04.000Z`. */
  name: z.string(),
  recordedAt: z.iso.datetime(),
  keys: z.int().min(0),
  /** The backup that was drilled is, byte for byte, the one that this was taken from. */
  sameBytes: z.boolean(),
});
export type BaselineTold = z.infer<typeof baselineSchema>;

export const tellBaseline = (baseline: Baseline, drilled: string): BaselineTold => ({
  from: baseline.from,
  name: baseline.name,
  recordedAt: baseline.recordedAt,
  keys: baseline.dataset.keys,
  sameBytes: isSameBytes(baseline, drilled),
});
