/**
 * The inspect stage for append-only files: the manifest, the dump at the beginning of a part, the commands, without any
 * server and with bounded memory. A damaged AOF is an answer, not an exception. Commands carry no checksum: that a value
 * is the one that was written can be told of the base only.
 */
import {type Progress, silent} from '../../progress.ts';
import {lineOf, type Product} from '../../redis/server-line.ts';
import type {AofFiles} from '../../unpack/aof-files.ts';
import {type FileSource, openDump} from '../dump-file.ts';
import {grouped, plural} from '../fault.ts';
import {inspectSource} from '../inspect-source.ts';
import type {Inspection} from '../inspection.ts';
import {beginsLikeDump} from '../version.ts';
import type {AofInspection, AofPart, AofProblem} from './aof-inspection.ts';
import {type Layout, type Listed, layOut, problem} from './aof-layout.ts';
import {type Walked, walkCommands} from './walk-commands.ts';

export type AofOptions = {progress?: Progress; signal?: AbortSignal | undefined};

type ReadPart = {part: AofPart; base: Inspection | null; walked: Walked; problems: AofProblem[]};

/** Never throws for damage. Throws 'source/unreadable' and 'cancelled'. */
export async function inspectAof(aof: AofFiles, options: AofOptions = {}): Promise<AofInspection> {
  const layout = await layOut(aof);
  const read: ReadPart[] = [];
  for (const listed of layout.loaded) read.push(await readPart(listed, options));
  const last = read.at(-1);
  const problems = [...layout.problems, ...emptiness(layout, read), ...read.flatMap(part => part.problems)];
  for (const part of read) problems.push(...cutIn(part, part === last));
  problems.push(...looseBase(layout, read));
  const error = problems.find(({severity}) => severity === 'error');
  const kinds = new Map<string, number>();
  for (const {walked} of read) {
    for (const [kind, n] of walked.kinds) kinds.set(kind, (kinds.get(kind) ?? 0) + n);
  }
  const seconds = (which: 'firstSecond' | 'lastSecond') => read.flatMap(({walked}) => walked[which] ?? []);
  return {
    kind: 'aof',
    layout: layout.layout,
    sizeBytes: read.reduce((sum, {part}) => sum + part.sizeBytes, 0),
    parts: read.map(({part}) => part),
    history: layout.history,
    notListed: layout.notListed,
    commands: Object.fromEntries([...kinds].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    transactions: read.reduce((sum, {part}) => sum + part.transactions, 0),
    annotatedFrom: iso(seconds('firstSecond')[0]),
    annotatedUntil: iso(seconds('lastSecond').at(-1)),
    base: read.find(({base}) => base !== null)?.base ?? null,
    highestDatabase: Math.max(
      0,
      ...read.map(({base, walked}) => Math.max(base?.highestDatabase ?? 0, walked.highestDatabase)),
    ),
    ...(last && cutTailOf(last)),
    problems,
    ...(error && {error}),
  };
}

/** A dump, or commands, or a dump and then commands: whatever a part is called, servers tell by its first bytes. */
async function readPart(
  {file, role, seq}: Listed,
  {progress = silent, signal}: AofOptions,
): Promise<ReadPart> {
  using source = openDump(file.path);
  const inspected = await inspectBase(source, {progress, signal});
  const {base, commandsAt, damage} = splitAt(inspected);
  const phase = progress.phase('inspect', source.sizeBytes, 'bytes');
  try {
    const walked = await walkCommands(damage ? nothing : source, damage ? 0 : commandsAt, {phase, signal});
    source.assertUnchanged();
    const {commands, transactions} = walked;
    const format = inspected ? 'dump' : source.sizeBytes === 0 ? 'empty' : 'commands';
    const part = {
      name: file.name,
      role,
      seq,
      sizeBytes: source.sizeBytes,
      format,
      commands,
      transactions,
    } as const;
    const problems = [...inBase(file.name, damage), ...inCommands(file.name, walked)];
    return {part, base, walked, problems};
  } finally {
    phase.end();
  }
}

/** `null` where it begins with commands, or with nothing. */
export async function inspectBase(
  source: FileSource,
  {progress = silent, signal}: AofOptions,
): Promise<Inspection | null> {
  const head = new Uint8Array(Math.min(source.sizeBytes, 16));
  for (let got = 0; got < head.length; ) got += source.read(head.subarray(got), got);
  if (head.length === 0 || !beginsLikeDump(head)) return null;
  return await inspectSource(source, {progress, signal, depth: 'quick'});
}

/** Commands are not looked for behind a dump that has no end. */
const nothing = {sizeBytes: 0, read: () => 0};

/** What follows the end of a dump here are not stray bytes but commands. */
export function splitAt(inspected: Inspection | null) {
  if (inspected === null) return {base: null, commandsAt: 0, damage: undefined};
  const {error, ...base} = inspected;
  if (error?.rule === 'backup/trailing-bytes') return {base, commandsAt: error.offset, damage: undefined};
  return {base: inspected, commandsAt: inspected.sizeBytes, damage: error};
}

function inBase(file: string, damage: Inspection['error']): AofProblem[] {
  if (!damage) return [];
  const {rule, offset, doing, certain} = damage;
  const severity = certain ? 'error' : 'warning';
  return [problem(rule, `${file}: ${damage.message}`, {file, offset, doing, severity})];
}

function inCommands(file: string, {end, commands}: Walked): AofProblem[] {
  if (end.kind !== 'damaged') return [];
  const {offset, doing} = end;
  const message = `${file} is corrupt: ${end.message} (${plural(commands, 'command')} read so far).`;
  return [problem('aof/corrupt', message, {file, offset, doing})];
}

/** Only the end of the last part may be cut, and something has to be left. */
function cutIn({part, walked}: ReadPart, last: boolean): AofProblem[] {
  const {end} = walked;
  if (end.kind !== 'cut') return [];
  const file = part.name;
  const where = `in the middle of a ${end.within}, whole up to byte ${grouped(end.offset)}`;
  const parts = {file, offset: end.offset, doing: 'read-command'};
  if (!last) {
    const message = `${file} ends ${where}, and it is not the last file: no server loads that.`;
    return [problem('aof/truncated', message, parts)];
  }
  if (part.role !== 'single' || end.offset > 0) return [];
  return [
    problem(
      'aof/truncated',
      `${file} ends in the middle of its first ${end.within}: nothing is left of it.`,
      parts,
    ),
  ];
}

function cutTailOf({part, walked: {end}}: ReadPart): Pick<AofInspection, 'cutTail'> {
  if (end.kind !== 'cut') return {};
  const {offset, within} = end;
  return {cutTail: {file: part.name, offset, lostBytes: part.sizeBytes - offset, within}};
}

/** Servers take parts without a byte for granted, and call an AOF without any loaded. */
function emptiness({layout, problems, loaded}: Layout, read: readonly ReadPart[]): AofProblem[] {
  if (loaded.length === 0 || problems.some(({rule}) => rule === 'aof/file-missing')) return [];
  const doing = 'read-command';
  if (read.every(({part}) => part.sizeBytes === 0)) {
    const what = layout === 'single-file' ? 'The file is empty' : 'Every part is empty';
    return [
      problem('aof/empty', `${what}: 0 bytes. A server loads that without a word and has no key.`, {doing}),
    ];
  }
  return read
    .filter(({part}) => part.sizeBytes === 0)
    .map(({part: {name: file, role}}) => {
      if (role === 'base' && file.endsWith('.rdb')) {
        return problem(
          'aof/empty-part',
          `The base ${file} is empty: 0 bytes, where a dump of nothing takes some 90.`,
          {file, doing},
        );
      }
      const message = `${file} is empty: normal after a rewrite when nothing was written since, and after a failed copy.`;
      return problem('aof/empty-part', message, {
        file,
        doing,
        severity: role === 'base' ? 'warning' : 'note',
      });
    });
}

/** Of 7.0 and later, under another name: what was written since lies in files that are not here. */
function looseBase({layout}: Layout, [first]: readonly ReadPart[]): AofProblem[] {
  if (layout !== 'single-file' || !first?.base?.aofBase || first.part.commands > 0) return [];
  const {product, version} = first.base.producer;
  const line =
    version === null || !['redis', 'valkey'].includes(product) ? null : lineOf(product as Product, version);
  if (line === null || line.major < 7) return [];
  const message = `${first.part.name} is the base of a multi-part AOF by itself: what was written since lies in its other files.`;
  return [problem('aof/manifest-missing', message)];
}

const iso = (seconds: number | undefined): string | null =>
  seconds === undefined ? null : new Date(seconds * 1000).toISOString();
