/**
 * Which files of an AOF a server loads, and in which order: by the manifest, or the one file that there is. Says what is
 * wrong with the set before any file but the manifest has been opened.
 */
import {readFile} from 'node:fs/promises';
import type {AofFile, AofFiles} from '../../unpack/aof-files.ts';
import {grouped} from '../fault.ts';
import type {AofPart, AofProblem} from './aof-inspection.ts';
import {MAX_MANIFEST_BYTES, type Manifest, type ManifestEntry, parseManifest} from './manifest.ts';

/** A file that a server loads. */
export type Listed = {file: AofFile; role: AofPart['role']; seq: number | null};

export type Layout = {
  layout: 'single-file' | 'multi-part';
  loaded: Listed[];
  history: string[];
  notListed: string[];
  problems: AofProblem[];
};

const MANIFEST = /\.manifest$/;
/** `appendonly.aof.3.incr.aof`, as aof.c names the parts. */
const PART = /\.(\d+)\.(base|incr)\.(?:rdb|aof)$/;

export const isManifest = ({name}: Pick<AofFile, 'name'>): boolean => MANIFEST.test(name);

type Parts = Partial<Pick<AofProblem, 'severity' | 'file' | 'offset' | 'line' | 'doing'>>;

export const problem = (rule: AofProblem['rule'], message: string, parts: Parts = {}): AofProblem => ({
  rule,
  severity: 'error',
  file: null,
  doing: 'read-manifest',
  ...parts,
  message,
});

export async function layOut({files}: AofFiles): Promise<Layout> {
  const manifests = files.filter(isManifest);
  const [only] = files;
  if (manifests.length === 0 && files.length === 1 && !PART.test(only!.name)) {
    const loaded: Listed[] = [{file: only!, role: 'single', seq: null}];
    return {layout: 'single-file', loaded, history: [], notListed: [], problems: []};
  }
  const empty = {
    layout: 'multi-part' as const,
    loaded: [],
    history: [],
    notListed: files.map(({name}) => name),
  };
  if (manifests.length === 0) return {...empty, problems: [withoutManifest(files)]};
  if (manifests.length > 1) {
    const message = `The directory holds ${manifests.length} manifests: a server reads the one that its configuration names.`;
    return {...empty, problems: [problem('aof/manifest-invalid', message)]};
  }
  return byManifest(manifests[0]!, files);
}

function withoutManifest(files: readonly AofFile[]): AofProblem {
  const what = files.length === 1 ? `${files[0]!.name} is a part` : `There are ${files.length} parts`;
  return problem(
    'aof/manifest-missing',
    `${what} of a multi-part AOF, and the manifest is missing: a server that finds no manifest starts empty and writes over the parts.`,
  );
}

async function byManifest(manifest: AofFile, files: readonly AofFile[]): Promise<Layout> {
  const read = await readManifest(manifest);
  const named = new Map(read.entries.map(entry => [entry.name, entry]));
  const others = files.filter(({name}) => name !== manifest.name);
  const notListed = others.filter(({name}) => !named.has(name)).map(({name}) => name);
  const ofRole = (role: ManifestEntry['role']) => read.entries.filter(entry => entry.role === role);
  const wanted = [...ofRole('base'), ...ofRole('incremental')];
  const there = new Map(others.map(file => [file.name, file]));
  const missing = wanted.filter(({name}) => !there.has(name));
  return {
    layout: 'multi-part',
    loaded: wanted.flatMap(({name, role, seq}) => {
      const file = there.get(name);
      return file ? [{file, role: role as Listed['role'], seq}] : [];
    }),
    history: ofRole('history').map(({name}) => name),
    notListed,
    problems: [
      ...manifestProblems(manifest.name, read),
      ...missing.map(entry => missingFile(manifest.name, entry)),
      ...unlisted(notListed, read),
    ],
  };
}

async function readManifest({path, sizeBytes}: AofFile): Promise<Manifest> {
  if (sizeBytes > MAX_MANIFEST_BYTES) {
    const message = `it has ${grouped(sizeBytes)} bytes, far more than any manifest`;
    return {entries: [], crlf: false, fault: {line: 1, message}};
  }
  return parseManifest(await readFile(path, 'latin1'));
}

function manifestProblems(file: string, {entries, fault, crlf}: Manifest): AofProblem[] {
  const rule = 'aof/manifest-invalid';
  if (fault) {
    return [problem(rule, `${file}, line ${fault.line}: ${fault.message}.`, {file, line: fault.line})];
  }
  const problems: AofProblem[] = [];
  if (crlf) {
    const message = `The lines of ${file} end as in a DOS text: it went through a transfer in text mode, and so perhaps did the other files.`;
    problems.push(problem(rule, message, {file, line: 1, severity: 'warning'}));
  }
  const listed = new Set(entries.map(({role}) => role));
  if (!listed.has('base') && !listed.has('incremental')) {
    const message = `${file} lists no file to load: a server starts empty on it.`;
    problems.push(problem('aof/base-missing', message, {file}));
  } else if (!listed.has('base')) {
    const message = `${file} lists no base: what was written before the first incremental file is missing.`;
    problems.push(problem('aof/base-missing', message, {file}));
  }
  return [...problems, ...twiceListed(file, entries), ...gaps(file, entries)];
}

/** Servers do not compare names. */
function twiceListed(file: string, entries: readonly ManifestEntry[]): AofProblem[] {
  const twice = entries.find(({name}, index) => entries.slice(0, index).some(other => other.name === name));
  if (!twice) return [];
  const {name, line} = twice;
  const message = `${file}, line ${line}: ${name} is listed twice: a server carries out its commands twice.`;
  return [problem('aof/manifest-invalid', message, {file, line})];
}

/** Servers number incremental files one by one, and take those off the front that a rewrite made superfluous. */
function gaps(file: string, entries: readonly ManifestEntry[]): AofProblem[] {
  const incremental = entries.filter(({role}) => role === 'incremental');
  return incremental.flatMap(({seq, line}, index) => {
    const before = incremental[index - 1]?.seq ?? seq - 1;
    if (seq === before + 1) return [];
    const message = `${file}, line ${line}: incremental file ${seq} follows ${before}, though servers leave out no number: is what was written in between missing?`;
    return [problem('aof/manifest-invalid', message, {file, line, severity: 'warning'})];
  });
}

function missingFile(manifest: string, {name, line, role}: ManifestEntry): AofProblem {
  const message = `${manifest}, line ${line}: the ${role} file ${name} is not there; no server starts without it.`;
  return problem('aof/file-missing', message, {file: name, line});
}

/** Commands that are newer than the first that are loaded are lost; what is older was left behind by a rewrite. */
function unlisted(names: readonly string[], {entries, fault}: Manifest): AofProblem[] {
  if (fault) return [];
  const listed = entries.filter(({role}) => role === 'incremental').map(({seq}) => seq);
  const [oldest, newest] = [Math.min(...listed), Math.max(0, ...listed)];
  const isLost = (name: string): boolean => {
    const [, seq, kind] = PART.exec(name) ?? [];
    return (
      kind === 'incr' && (Number(seq) > newest || (Number(seq) > oldest && !listed.includes(Number(seq))))
    );
  };
  const rule = 'aof/file-not-listed';
  const history = entries.filter(({role, name}) => role === 'history' && isLost(name));
  return [
    ...history.map(({name, line}) => {
      const message = `${name} is called history, and is newer than what is loaded: what is in it is lost.`;
      return problem(rule, message, {file: name, line});
    }),
    ...names
      .filter(name => PART.test(name))
      .map(file => {
        const message = isLost(file)
          ? `${file} is newer than what the manifest lists: a server does not load it, and what is in it is lost.`
          : `${file} is not listed in the manifest: a server does not load it.`;
        return problem(rule, message, {file, severity: isLost(file) ? 'error' : 'warning'});
      }),
  ];
}
