/**
 * Records of drills in an artifact: a zip of a history directory, whatever else is in it. In: its bytes. Out: the records,
 * and those that are there and cannot be read. A zip that cannot be unpacked throws; nothing is written anywhere.
 */
import {DrillError} from '../errors.ts';
import {parseRecord} from '../history/parse-record.ts';
import type {HistoryRecord} from '../history/record.ts';
import {endOf, parseName, type RecordName} from '../history/record-name.ts';
import {ByteStream, EndOfInput} from '../unpack/byte-stream.ts';
import {Malformed, PackingFault} from '../unpack/packing-fault.ts';
import {zipEntries} from '../unpack/zip.ts';

/** `directory`: of a backup, as record-name.ts makes it of its name. */
export type Unreadable = {directory: string; endedAt: string; because: string};
export type Found = {records: HistoryRecord[]; unreadable: Unreadable[]};

/** No record is nearly as large. */
const MAX_RECORD_BYTES = 16 * 1024 ** 2;

const BROKEN = [PackingFault, Malformed, EndOfInput];

export async function recordsInZip(zip: Buffer): Promise<Found> {
  const found: Found = {records: [], unreadable: []};
  try {
    for await (const {name, kind, bytes} of zipEntries(new ByteStream(once(zip)))) {
      const record = kind === 'file' ? nameIn(name) : null;
      if (record === null) continue;
      const text = await bounded(bytes);
      const parsed =
        text === null ? {because: 'it is far too large' as const} : parseRecord(text, record.directory);
      if ('record' in parsed) found.records.push(parsed.record);
      else found.unreadable.push(unreadable(record, parsed.because));
    }
  } catch (thrown) {
    if (!(thrown instanceof Error) || !BROKEN.some(kind => thrown instanceof kind)) throw thrown;
    throw new DrillError(
      'history/unavailable',
      `an artifact with records cannot be unpacked: ${thrown.message || 'it is cut short'}`,
      {
        hint: 'Upload the directory of the history with actions/upload-artifact, as docs/gate.md shows.',
        cause: thrown,
      },
    );
  }
  return found;
}

export const unreadable = (name: RecordName, because: string): Unreadable => ({
  directory: name.directory,
  endedAt: new Date(endOf(name)).toISOString(),
  because,
});

/** However deep the directory of the history lay. */
const nameIn = (path: string): RecordName | null => parseName(path.split('/').slice(-2).join('/'));

async function bounded(bytes: ByteStream): Promise<string | null> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of bytes.rest()) {
    size += piece.length;
    if (size > MAX_RECORD_BYTES) return null;
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
