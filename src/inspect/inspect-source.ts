/**
 * One pass over the bytes of a dump, wherever they come from: header, entries, checksum, end. Works in slices, so
 * that signals and progress get their turn; one slice is at least one entry, however long that is.
 */
import {setImmediate as nextTurn} from 'node:timers/promises';
import {DrillError} from '../errors.ts';
import {FORM_BYTES} from '../form.ts';
import {type Phase, type Progress, type ProgressUnit, silent} from '../progress.ts';
import {apartOf} from './apart/apart.ts';
import {CanaryFinder} from './canaries/canary-finder.ts';
import type {CanaryKey} from './canaries/canary-schema.ts';
import {readCanary} from './canaries/read-canary.ts';
import {damageOf} from './damage.ts';
import {datasetOf, type Grouping} from './dataset.ts';
import type {Digester} from './digest/digester.ts';
import {digesterFor, digestsOf} from './digest/digests.ts';
import {DumpReader, FOOTER_BYTES, type Source} from './dump-reader.ts';
import {Fault, grouped, plural} from './fault.ts';
import {emptyInspection, headerDamage} from './header.ts';
import type {Damage, Depth, Inspection} from './inspection.ts';
import {borrowKernel} from './kernel.ts';
import {SlotCensus} from './slots/slot-census.ts';
import {namesOnly, type Sorter} from './values/name-reader.ts';
import {ValueReader} from './values/value-reader.ts';
import {type DumpVersion, HEADER_BYTES, hasChecksum, isTried, readVersion} from './version.ts';
import {Walk} from './walk.ts';

export type InspectOptions = {
  progress?: Progress;
  signal?: AbortSignal | undefined;
  /** `quick`: values are passed over; nothing is digested. */
  depth?: Depth;
  /** Keys of which more is told than that they are there. */
  canaries?: readonly CanaryKey[] | undefined;
  /** Which hash slots of a cluster its keys are in. */
  slots?: boolean | undefined;
};

/** Looks at the name of every key. */
export type Sorting = {
  sorter: Sorter;
  /** What the numbers mean that it sorts keys into; `null` where they are of no interest. */
  groupingOf(): Grouping | null;
};

/** Bytes between two turns of the event loop: about 20 ms of work where values are digested, and a server starts meanwhile. */
const SLICE_BYTES = 1024 * 1024;

/** Where the end was not reached, a digest would be of a part. */
const isUnread = ({error}: Ending): boolean => error !== undefined && error.rule !== 'backup/trailing-bytes';

type Ending = {checksum: Inspection['checksum']; error?: Damage};

export async function inspectSource(
  source: Source,
  options: InspectOptions & {sorting?: Sorting} = {},
  windowBytes?: number,
): Promise<Inspection> {
  const head = readHead(source);
  const version = readVersion(head);
  const inspection = emptyInspection(source.sizeBytes);
  if (version !== null && head.length >= HEADER_BYTES) {
    inspection.magic = version.magic;
    inspection.rdbVersion = version.number;
    inspection.unverified = !isTried(version);
  }
  const error = headerDamage(head, version);
  if (error !== undefined || version === null) return {...inspection, ...(error && {error})};

  using borrowed = borrowKernel();
  const dump = new DumpReader(source, borrowed.kernel, windowBytes);
  const digester = options.depth === 'quick' ? null : digesterFor(version, borrowed.kernel, Date.now());
  const {canaries = [], sorting} = options;
  const finder = canaries.length === 0 ? null : new CanaryFinder(canaries, sorting?.sorter ?? null);
  const sorter = finder ?? sorting?.sorter ?? null;
  const slots = options.slots ? new SlotCensus(sorter) : null;
  const readers = {...readersOf(dump, digester, slots ?? sorter), canaries: finder};
  const walk = new Walk(dump, version, readers);
  const [total, unit]: [number, ProgressUnit] = source.reached ? [0, 'unknown'] : [source.sizeBytes, 'bytes'];
  const phase = (options.progress ?? silent).phase('inspect', total, unit);
  try {
    const ending = await readToEnd(dump, walk, version, slices(source, dump, phase, options.signal));
    const digested = digester !== null && !isUnread(ending);
    if (digested) digester.finish();
    const {cells} = walk.tally;
    const dataset = {
      ...datasetOf(walk.tally, {grouping: sorting?.groupingOf() ?? null, digested}),
      ...(digested && readers.values && apartOf(readers.values, cells)),
    };
    const whole = {...inspection, sizeBytes: source.sizeBytes, ...findings(walk), dataset, ...ending};
    if (isUnread(ending)) return whole;
    const file = {source, version, templates: readers.values?.templates ?? new Map()};
    const found = finder && canaries.map((_, index) => readCanary(finder.places[index], file));
    const read = {...whole, ...(slots && {slots: slots.ranges}), ...(found && {canaries: found})};
    if (digester === null) return {...read, digestBecause: 'depth quick'};
    return {...read, ...digestsOf(digester, version, cells)};
  } finally {
    phase.end();
  }
}

function readersOf(dump: DumpReader, digester: Digester | null, sorter: Sorter | null) {
  const values = digester && new ValueReader(dump, digester, sorter);
  return {names: values?.names ?? namesOnly(dump, sorter), values};
}

function readHead(source: Source): Uint8Array {
  const head = new Uint8Array(Math.min(source.sizeBytes, FORM_BYTES));
  for (let got = 0; got < head.length; ) got += source.read(head.subarray(got), got);
  return head;
}

/** Called between two slices. */
type Pause = () => Promise<void>;

function slices(source: Source, dump: DumpReader, phase: Phase, signal: AbortSignal | undefined): Pause {
  return async () => {
    phase.update(dump.offset);
    await nextTurn();
    await source.reached?.(dump.offset);
    if (signal?.aborted) {
      throw new DrillError('cancelled', 'The inspection was cancelled.', {
        hint: 'Run it again and let it finish.',
        cause: signal.reason,
      });
    }
  };
}

async function readToEnd(dump: DumpReader, walk: Walk, version: DumpVersion, pause: Pause): Promise<Ending> {
  try {
    await pause();
    dump.skip(HEADER_BYTES);
    while (!walk.run(dump.offset + SLICE_BYTES)) await pause();
    walk.doing = 'check-sum';
    const ending = endOf(dump, version);
    await pause();
    return ending;
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    while (dump.remaining > FOOTER_BYTES) {
      dump.skip(Math.min(dump.remaining - FOOTER_BYTES, SLICE_BYTES));
      await pause();
    }
    return {checksum: null, error: damageOf(fault, walk, version, dump.checksumAtEnd())};
  }
}

/** The EOF opcode has been read; from RDB 5 on a checksum follows, and then nothing. */
function endOf(dump: DumpReader, version: DumpVersion): Ending {
  const at = dump.offset;
  const checksum = hasChecksum(version) ? dump.checksum() : 'absent';
  const damage = (rule: Damage['rule'], offset: number, message: string): Ending => ({
    checksum,
    error: {rule, offset, doing: 'check-sum', message, certain: true},
  });
  if (checksum === 'mismatch') {
    const message = `The checksum at byte ${grouped(at)} is not that of the bytes before it: the dump was damaged after it was written.`;
    return damage('backup/checksum-mismatch', at, message);
  }
  if (dump.remaining === 0) return {checksum};
  return damage('backup/trailing-bytes', dump.offset, trailingMessage(dump, version));
}

function trailingMessage(dump: DumpReader, version: DumpVersion): string {
  const base = `The dump ends at byte ${grouped(dump.offset)}, and ${plural(dump.remaining, 'byte')} follow, which servers ignore.`;
  if (!hasChecksum(version)) {
    return `${base} RDB ${version.number} has no checksum; a damaged digit of the version, from RDB 5 or above, looks like this.`;
  }
  const first = String.fromCharCode(dump.bytes(1)[0]!);
  if (first === '*' || first === '#') {
    return `${base} They begin like commands: perhaps this is an append-only file with an RDB preamble.`;
  }
  return `${base} Was the file written over a longer one?`;
}

function findings({tally, producer}: Walk) {
  return {
    producer: {product: producer.product, version: producer.version},
    createdAt: producer.createdAt,
    usedMemoryBytes: producer.usedMemoryBytes,
    ...(tally.untried && {unverified: true}),
    ...(tally.emptyKeys > 0 && {emptyKeys: tally.emptyKeys}),
    aofBase: producer.aofBase,
    hashesWithFieldExpiry: tally.hashesWithFieldExpiry,
    highestDatabase: tally.highestDatabase,
    modules: Object.fromEntries(tally.modules),
  };
}
