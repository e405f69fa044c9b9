/**
 * From the text of a record to the record, or to why it is none. Others may have written it: a later version of this
 * program, whose additions are left out, or somebody by hand. Nothing of the text is repeated.
 */
import {type HistoryRecord, historyRecordSchema} from './record.ts';
import {directoryOf} from './record-name.ts';

export type Parsed = {record: HistoryRecord} | {because: string};

export function parseRecord(text: string, directory: string): Parsed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    const because = text.trim() === '' ? 'it is empty' : 'it is no JSON: cut short, or changed by hand';
    return {because};
  }
  const record = fitting(value);
  if ('because' in record) return record;
  // Filed under another backup it would speak for that one.
  if (directoryOf(record.record.backup) !== directory) return {because: 'it is of another backup'};
  return record;
}

function fitting(value: unknown): Parsed {
  const parsed = historyRecordSchema.safeParse(value);
  if (parsed.success) return {record: parsed.data};
  const {issues} = parsed.error;
  const additions = issues.every(({code}) => code === 'unrecognized_keys');
  if (additions) {
    for (const issue of issues)
      if (issue.code === 'unrecognized_keys') leaveOut(value, issue.path, issue.keys);
    // Once: what is left out cannot make more of them.
    const rest = historyRecordSchema.safeParse(value);
    if (rest.success) return {record: rest.data};
  }
  if (versionOf(value) !== 1) return {because: 'it is of a version that this program does not know'};
  return {because: `it does not have the form of a record (${String(issues[0]!.path[0] ?? 'as a whole')})`};
}

function leaveOut(value: unknown, path: readonly PropertyKey[], keys: readonly string[]): void {
  const at = path.reduce((inner, key) => (inner as Record<PropertyKey, unknown>)[key], value);
  for (const key of keys) delete (at as Record<string, unknown>)[key];
}

const versionOf = (value: unknown): unknown => (value as {schemaVersion?: unknown} | null)?.schemaVersion;
