/**
 * Dumps and append-only files in a backup, through all its layers and archives, in one pass. Forms are told by their first
 * bytes; only in an archive, where other files may lie about, does a name count as well: what is called dump.rdb was meant
 * to be one.
 */
import {basename} from 'node:path/posix';
import {AOF_FORMS as AOF, FORM_BYTES, recogniseForm} from '../form.ts';
import {belongsToAof} from './aof-files.ts';
import {assertHarmless, type Entry, quoted} from './archive.ts';
import {ByteStream} from './byte-stream.ts';
import {type Archive, explained, isArchive, type Layers, takeOff, type Unpacking} from './layer.ts';
import {MAX_DEPTH} from './limits.ts';
import {PackingFault, unsupportedForm} from './packing-fault.ts';
import {tarEntries} from './tar.ts';
import {zipEntries} from './zip.ts';

export type Found = {
  /** Of the backup itself. */
  name: string;
  /** By its first bytes; `other`: by its name, or because nothing else is there. */
  form: 'dump' | 'aof' | 'other';
  /** Entries of archives on the way to it, outermost first; empty where there was no archive. */
  path: string[];
  layers: Layers;
  /** Has to be read to its end before the next one is asked for. */
  bytes: ByteStream;
};

/** Nothing of a name but its last part, and not where it is hidden or left by an interrupted save. */
const NAMED_DUMP = /^[^.].*\.rdb(\.\w+)*$/i;
const TEMPORARY = /^temp-.*\.(rdb|aof)$/;
const DUMP = 'an RDB dump';

/** What an archive held that was no dump, for who wonders; more is not told. */
const MAX_PASSED_OVER = 5;
/** Names in an archive, of which a few are asked for by name. */
const MAX_BESIDE = 10_000;

type At = {
  name: string;
  path: string[];
  layers: Layers;
  passedOver: string[];
  beside: string[];
  maybeLink?: boolean | undefined;
};

export function findDumps(
  backup: {name: string; passedOver: string[]; beside: string[]},
  unpacking: Unpacking,
): AsyncGenerator<Found> {
  return search(unpacking.artifact, {...backup, path: [], layers: []}, unpacking);
}

async function* search(input: ByteStream, at: At, unpacking: Unpacking): AsyncGenerator<Found> {
  const {form, packing, unpackable} = recogniseForm(await input.peek(FORM_BYTES));
  if (packing === undefined) {
    if (unpackable && !AOF.has(form))
      throw unsupportedForm(form, at.path.length > 0 ? quoted(at.path.join(': ')) : at.name);
    const name = basename(at.path.at(-1) ?? '');
    const named = (NAMED_DUMP.test(name) || belongsToAof(name)) && !(at.maybeLink && form === 'text');
    if (at.path.length === 0 || form === DUMP || AOF.has(form) || named) {
      const kind = form === DUMP ? 'dump' : AOF.has(form) ? 'aof' : 'other';
      yield {name: at.name, form: kind, path: at.path, layers: at.layers, bytes: input};
    } else if (at.passedOver.length < MAX_PASSED_OVER)
      at.passedOver.push(`${quoted(at.path.join(': '))} (${form})`);
    if (at.beside.length < MAX_BESIDE) at.beside.push(basename(at.path.at(-1) ?? ''));
    return;
  }
  const layers = [...at.layers, {form, packing}];
  if (layers.length > MAX_DEPTH) {
    throw new PackingFault(
      'backup/nested-too-deep',
      `the backup is packed more than ${MAX_DEPTH} times over`,
    );
  }
  if (isArchive(packing)) {
    yield* searchArchive(packing, input, {...at, layers}, unpacking);
    return;
  }
  const inner = new ByteStream(takeOff(input, layers, unpacking));
  try {
    yield* search(inner, {...at, layers}, unpacking);
  } finally {
    await inner.close();
  }
}

const READERS: Record<Archive, (input: ByteStream) => AsyncGenerator<Entry>> = {
  tar: tarEntries,
  zip: zipEntries,
};

async function* searchArchive(
  packing: Archive,
  input: ByteStream,
  at: At,
  unpacking: Unpacking,
): AsyncGenerator<Found> {
  const entries = READERS[packing](input);
  try {
    for (;;) {
      const {done, value: entry} = await unlessExplained(entries.next(), input, at, unpacking);
      if (done) break;
      unpacking.budget.countEntry();
      assertHarmless(entry);
      if (entry.kind === 'other' || TEMPORARY.test(basename(entry.name))) continue;
      const path = [...at.path, entry.name];
      if (entry.kind === 'link') {
        if (at.passedOver.length < MAX_PASSED_OVER) at.passedOver.push(`${quoted(path.join(': '))} (a link)`);
        continue;
      }
      const bytes = new ByteStream(measured(entry.bytes, at, {input, unpacking}));
      yield* search(bytes, {...at, path, maybeLink: entry.maybeLink}, unpacking);
    }
    await input.drain();
  } finally {
    await entries.return(undefined);
  }
}

/** The bytes of an entry; what goes wrong in them goes wrong in the archive. */
async function* measured(
  bytes: ByteStream,
  {layers}: At,
  {input, unpacking}: {input: ByteStream; unpacking: Unpacking},
): AsyncGenerator<Buffer> {
  let given = 0;
  try {
    for await (const chunk of bytes.rest()) {
      given += chunk.length;
      unpacking.budget.unfold(chunk.length, given);
      yield chunk;
    }
  } catch (error) {
    throw await explained(error, {input, layers, unpacking});
  }
}

async function unlessExplained<T>(
  work: Promise<T>,
  input: ByteStream,
  {layers}: At,
  unpacking: Unpacking,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw await explained(error, {input, layers, unpacking});
  }
}
