/**
 * The ledger of an append-only file. No reader without a server can say what dataset its commands make; so the files are
 * held against what the server says it loaded of them, and what the server says it holds against what it saved, as our
 * reader finds it there.
 */
import type {AofInspection} from '../inspect/aof/aof-inspection.ts';
import type {Books, Entry} from './ledger.ts';

/** `books.inspection`: of what the server saved. `datasetEntries`: the lines of any dataset. */
export function aofEntries(
  books: Books & {aof: AofInspection},
  datasetEntries: (books: Books) => Entry[],
): Entry[] {
  // INFO counts what came from the dump at the beginning alone, which is no count of this dataset.
  const load = {...books.load, keysLoaded: null, keysExpired: null, emptyKeysSkipped: 0};
  const saved = datasetEntries({...books, load}).filter(({rule}) => rule !== 'ledger/keys-loaded');
  return [partsLoaded(books), baseLoaded(books), ...saved.map(ofWhatWasSaved)];
}

const ofWhatWasSaved = (entry: Entry): Entry => ({
  ...entry,
  name: entry.name.replaceAll('the file', 'what the server saved'),
  left: {
    ...entry.left,
    source: entry.left.source === 'our reader' ? 'our reader of what the server saved' : entry.left.source,
  },
});

function partsLoaded({aof, load}: {aof: AofInspection} & Pick<Books, 'load'>): Entry {
  const {aofPartsLoaded = null} = load;
  const parts = aof.parts.filter(({sizeBytes}) => sizeBytes > 0).length;
  const unsaid =
    parts === 0 ? 'no part holds a byte' : 'this server does not say which parts it loaded (before 7.0)';
  return {
    name: 'parts of the AOF that are not empty = parts loaded',
    rule: 'ledger/aof-parts',
    left: {source: 'our reader', value: parts},
    right: {source: 'the log', value: aofPartsLoaded},
    skip: aofPartsLoaded === null ? unsaid : null,
    hint: 'The server loaded other files than the manifest names: do not rely on this backup before you know why.',
  };
}

function baseLoaded({aof, load}: {aof: AofInspection} & Pick<Books, 'load'>): Entry {
  const {keysLoaded, keysExpired, emptyKeysSkipped} = load;
  const {base} = aof;
  const counted = base !== null && keysLoaded !== null;
  return {
    name: 'keys in the base = keys loaded from it + keys expired + empty keys skipped',
    rule: 'ledger/keys-loaded',
    left: {source: 'our reader', value: base?.dataset.keys ?? null},
    right: {
      source: 'INFO persistence and the log',
      value: counted ? keysLoaded + (keysExpired ?? 0) + (emptyKeysSkipped ?? 0) : null,
    },
    skip:
      base === null
        ? 'the AOF does not begin with a dump'
        : counted
          ? null
          : 'this server does not report how many keys it loaded (before 6.2)',
    hint: 'The server loaded another number of keys than the base holds: do not rely on this backup before you know why.',
  };
}
