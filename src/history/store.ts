/**
 * The history of drills, whatever it lies in: read newest first, with all that could not be read said; appended to; and
 * thinned. A place (`Shelf`) only knows names and texts, so that each is a small file, and what a record is and which are
 * kept is decided once. A record is written whole and never changed.
 */
import {type Keep, newestFirst, outgrown} from './keep.ts';
import {parseRecord} from './parse-record.ts';
import type {HistoryRecord} from './record.ts';
import {directoryOf, nameOf, parseName, type RecordName} from './record-name.ts';

/** A record that is there and cannot be read; `because` repeats nothing of it. */
export type Unreadable = {name: string; because: string};

export type History = {
  /** Newest first. */
  records: HistoryRecord[];
  /** What was passed over; nobody may take its absence for a good sign. */
  unreadable: Unreadable[];
};

export type HistoryStore = {
  /** For messages. */
  readonly place: string;
  /** Of one backup, or of all. A place that is not there yet holds nothing. Throws DrillError `history/unavailable`. */
  read(backup?: string): Promise<History>;
  /** Whole or not at all, and beside whatever others append at the same moment. Throws likewise. */
  append(record: HistoryRecord): Promise<void>;
  thin(keep: Keep): Promise<void>;
};

export type Text = {text: string} | {because: string};

/** What a place has to know. Names have the form `backup/file.json`; each method throws `history/unavailable`. */
export type Shelf = {
  readonly place: string;
  /** All that lies below a directory, or below all; names of others too. `lately`: as of our own last change will do. */
  list(directory?: string, options?: {lately: boolean}): Promise<string[]>;
  /** What just listed names hold, in their order; `null` of what is gone by now, because another drill thinned it. */
  get(names: string[]): Promise<(Text | null)[]>;
  /** Never over another one. */
  put(name: string, text: string): Promise<void>;
  /** What is gone already is as good as removed. */
  remove(names: string[]): Promise<void>;
};

export function historyOn(shelf: Shelf): HistoryStore {
  return {
    place: shelf.place,
    async read(backup) {
      const names = newestFirst(await named(shelf, backup));
      const texts = await shelf.get(names.map(pathOf));
      const records: HistoryRecord[] = [];
      const unreadable: Unreadable[] = [];
      for (const [index, text] of texts.entries()) {
        if (text === null) continue;
        const name = names[index]!;
        const parsed = 'because' in text ? text : parseRecord(text.text, name.directory);
        if ('because' in parsed) unreadable.push({name: pathOf(name), because: parsed.because});
        else records.push(parsed.record);
      }
      return {records, unreadable};
    },
    async append(record) {
      await shelf.put(pathOf(nameOf(record)), `${JSON.stringify(record)}\n`);
    },
    async thin(keep) {
      const gone = outgrown(namesIn(await shelf.list(undefined, {lately: true})), keep);
      if (gone.length > 0) await shelf.remove(gone.map(pathOf));
    },
  };
}

const pathOf = ({directory, file}: RecordName): string => `${directory}/${file}`;

async function named(shelf: Shelf, backup?: string): Promise<RecordName[]> {
  return namesIn(await shelf.list(backup === undefined ? undefined : directoryOf(backup)));
}

const namesIn = (paths: string[]): RecordName[] => paths.map(parseName).filter(name => name !== null);
