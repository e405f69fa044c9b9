/**
 * The manifest of a multi-part AOF: text in, its files in their order out, or the line that no server accepts and why.
 * Accepts exactly what Redis and Valkey accept, so that a manifest which is refused here is refused there. Source: aof.c,
 * aofLoadManifestFromFile; sds.c, sdssplitargs.
 */

export type AofRole = 'base' | 'incremental' | 'history';
export type ManifestEntry = {name: string; seq: number; role: AofRole; line: number};

export type Manifest = {
  /** Those before the fault, if there is one. */
  entries: ManifestEntry[];
  fault?: {line: number; message: string};
  /** Lines end as in a DOS text; servers do not mind in a manifest, but they do in every other file. */
  crlf: boolean;
};

/** MANIFEST_MAX_LINE of aof.c, the line feed included. */
const MAX_LINE_BYTES = 1024;
/** More than this is no manifest: a line takes some 60 bytes, and servers merge incremental files by rewriting. */
export const MAX_MANIFEST_BYTES = 1024 * 1024;

const ROLES: Record<string, AofRole> = {b: 'base', i: 'incremental', h: 'history'};

/** `text`: one character a byte. */
export function parseManifest(text: string): Manifest {
  const manifest: Manifest = {entries: [], crlf: text.includes('\r\n')};
  if (text === '') return {...manifest, fault: {line: 1, message: 'it is empty'}};
  const lines = text.split('\n');
  const unfinished = lines.pop()!;
  let lastSeq = 0;
  for (const [index, raw] of [...lines, ...(unfinished === '' ? [] : [unfinished])].entries()) {
    const line = index + 1;
    const fault = (message: string): Manifest => ({...manifest, fault: {line, message}});
    if (raw.startsWith('#')) continue;
    if (raw.length >= MAX_LINE_BYTES) return fault(`the line is longer than ${MAX_LINE_BYTES} bytes`);
    if (index === lines.length) return fault('the line has no end: the manifest was cut short');
    const read = readLine(raw);
    if (typeof read === 'string') return fault(read);
    const {name, seq, role} = read;
    if (role === 'base' && manifest.entries.some(entry => entry.role === 'base')) {
      return fault('a second base file is listed');
    }
    if (role === 'incremental') {
      if (seq <= lastSeq) return fault(`incremental file ${seq} is listed after ${lastSeq}`);
      lastSeq = seq;
    }
    manifest.entries.push({name, seq, role, line});
  }
  return manifest;
}

/** Pairs of a key and a value, in any order; keys that are not known are for newer servers. */
function readLine(raw: string): Omit<ManifestEntry, 'line'> | string {
  const words = splitWords(raw.replace(/^[ \t\r]+|[ \t\r]+$/g, ''));
  if (words === null || words.length < 6 || words.length % 2 !== 0) {
    return 'the line is not of the form `file NAME seq NUMBER type b|h|i`';
  }
  let name = '';
  let seq = 0;
  let type = '';
  for (let at = 0; at < words.length; at += 2) {
    const value = words[at + 1]!;
    const key = words[at]!.toLowerCase();
    if (key === 'file') name = value;
    if (key === 'seq') seq = Number(/^\s*[+-]?\d{1,15}/.exec(value)?.[0] ?? 0);
    if (key === 'type') type = value.slice(0, 1);
  }
  if (/[/\\]/.test(name)) return 'the name of a file is a path';
  if (name === '' || seq === 0 || type === '') return 'the line lacks a file, a sequence number or a type';
  const role = ROLES[type];
  return role === undefined ? 'the type of a file is none of b, h and i' : {name, seq, role};
}

const ESCAPES: Record<string, string> = {n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07'};

/** Words between blanks, in quotes where they hold any; `null` where the quotes do not balance. */
function splitWords(line: string): string[] | null {
  const words: string[] = [];
  let rest = line.trimStart();
  while (rest !== '') {
    const [whole, bare, double, single] =
      /^(?:([^\s"']+)|"((?:\\[\s\S]|[^"\\])*)"|'((?:\\'|[^'])*)')(?=\s|$)/.exec(rest) ?? [];
    if (whole === undefined) return null;
    if (bare !== undefined) words.push(bare);
    else if (double !== undefined) words.push(unescaped(double));
    else words.push(single!.replaceAll("\\'", "'"));
    rest = rest.slice(whole.length).trimStart();
  }
  return words;
}

const unescaped = (text: string): string =>
  text.replace(/\\(x[0-9a-fA-F]{2}|[\s\S])/g, (_, code: string) =>
    code.length === 3 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : (ESCAPES[code] ?? code),
  );
