/**
 * redis.conf as Redis reads it: lines to directives, with its quoting and its escapes, and what of repeated directives
 * holds. In: the text of one file, a character a byte (latin1), because that is what Redis reads. Out: every directive
 * with file and line, and every problem at once; nothing is known here of what a directive means or of which version has it.
 */
import type {Problem} from '../errors.ts';

export type Directive = {
  /** In lower case, as Redis compares it. */
  name: string;
  /** A character a byte; `confText` makes text of one. */
  args: string[];
  file: string;
  /** From 1. */
  line: number;
  column: number;
};

export type ParsedConf = {directives: Directive[]; problems: Problem[]};

/** Redis cuts these off both ends of a line (loadServerConfigFromString in config.c). */
const TRIMMED = /^[ \t\r\n]*|[ \t\r\n]*$/g;

export function parseConf(text: string, file: string): ParsedConf {
  const directives: Directive[] = [];
  const problems: Problem[] = [];
  for (const [index, whole] of text.split('\n').entries()) {
    const line = index + 1;
    const content = whole.replace(TRIMMED, '');
    if (content === '' || content.startsWith('#')) continue;
    const words = content.includes('\0') ? null : splitArgs(content);
    if (words === null) {
      const message = content.includes('\0') ? 'a NUL byte: this is no text' : 'the quotes do not balance';
      problems.push({origin: `${file}:${line}`, message});
      continue;
    }
    const [name, ...args] = words;
    if (name === undefined) continue;
    directives.push({name: lowerCase(name), args, file, line, column: whole.indexOf(content) + 1});
  }
  return {directives, problems};
}

/** sdstolower knows ASCII only. */
const lowerCase = (text: string): string => text.replace(/[A-Z]/g, letter => letter.toLowerCase());

/** isspace in the C locale: skipped between words, and what a closing quote may be followed by. */
const isSpace = (char: string | undefined): boolean => char !== undefined && /[ \t\n\v\f\r]/.test(char);
/** What ends a word outside of quotes: \v and \f do not. */
const ENDS_WORD = new Set([' ', '\n', '\r', '\t']);
const ESCAPES: Record<string, string> = {n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07'};

/** The words of a line; `null` where quotes do not balance. Source: sdssplitargs in sds.c. */
export function splitArgs(line: string): string[] | null {
  const words: string[] = [];
  let at = 0;
  while (true) {
    while (isSpace(line[at])) at += 1;
    if (at >= line.length) return words;
    const word = readWord(line, at);
    if (word === null) return null;
    words.push(word.text);
    at = word.end;
  }
}

/** A quote opens in the middle of a word too, but a closing one ends it. */
function readWord(line: string, start: number): {text: string; end: number} | null {
  let text = '';
  for (let at = start; at < line.length; at += 1) {
    const char = line[at]!;
    if (ENDS_WORD.has(char)) return {text, end: at};
    if (char === '"' || char === "'") {
      const quoted = readQuoted(line, at + 1, char);
      if (quoted === null) return null;
      return {text: text + quoted.text, end: quoted.end};
    }
    text += char;
  }
  return {text, end: line.length};
}

function readQuoted(line: string, start: number, quote: string): {text: string; end: number} | null {
  let text = '';
  for (let at = start; at < line.length; at += 1) {
    const char = line[at]!;
    if (char === quote) {
      const end = at + 1;
      return end === line.length || isSpace(line[end]) ? {text, end} : null;
    }
    const escaped = char === '\\' ? readEscape(line, at, quote) : null;
    text += escaped?.text ?? char;
    at += escaped ? escaped.length - 1 : 0;
  }
  return null;
}

/** Between single quotes only the quote itself can be escaped. */
function readEscape(line: string, at: number, quote: string): {text: string; length: number} | null {
  const next = line[at + 1];
  if (next === undefined) return null;
  if (quote === "'") return next === "'" ? {text: "'", length: 2} : null;
  const hex = /^x([0-9a-f]{2})/i.exec(line.slice(at + 1, at + 4))?.[1];
  if (hex !== undefined) return {text: String.fromCharCode(Number.parseInt(hex, 16)), length: 4};
  return {text: ESCAPES[next] ?? next, length: 2};
}

/** A directive as a line that every version reads back as the same words. */
export function formatDirective(name: string, args: readonly string[]): string {
  const words = [/^[a-z0-9._-]+$/.test(name) ? name : quoteArg(name), ...args.map(quoteArg)];
  return words.join(' ');
}

function quoteArg(arg: string): string {
  const escaped = arg.replace(/["\\]/g, '\\$&').replace(/[^ -~]/g, char => {
    return `\\x${(char.charCodeAt(0) & 0xff).toString(16).padStart(2, '0')}`;
  });
  return `"${escaped}"`;
}

/** Text of an argument's bytes, and the other way round. */
export const confText = (arg: string): string => Buffer.from(arg, 'latin1').toString('utf8');
export const confBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** Directives that add to what earlier lines said. Of all others the last line holds. */
const ACCUMULATING = new Set([
  'save',
  'rename-command',
  'user',
  'loadmodule',
  'client-output-buffer-limit',
  'sentinel',
]);

/** By name, what holds in the end, in the order of the lines. `save ""` takes back the save points before it. */
export function effectiveDirectives(directives: readonly Directive[]): Map<string, Directive[]> {
  const effective = new Map<string, Directive[]>();
  for (const directive of directives) {
    const {name, args} = directive;
    const clears = name === 'save' && args.length === 1 && args[0] === '';
    const before = ACCUMULATING.has(name) && !clears ? (effective.get(name) ?? []) : [];
    const beforeThat = name === 'save' ? before.filter(({args}) => args[0] !== '') : before;
    effective.set(name, [...beforeThat, directive]);
  }
  return effective;
}

const UNITS: Record<string, number> = {
  '': 1,
  b: 1,
  k: 1000,
  kb: 1024,
  m: 1000 ** 2,
  mb: 1024 ** 2,
  g: 1000 ** 3,
  gb: 1024 ** 3,
};

/** Bytes; `null` when Redis would not take the text for a size. Source: memtoull in util.c: `1k` is 1000, `1kb` is 1024. */
export function parseMemory(text: string): number | null {
  const parts = /^(\d+)([a-z]*)$/i.exec(text);
  const unit = UNITS[parts?.[2]?.toLowerCase() ?? 'none'];
  return parts && unit !== undefined ? Number(parts[1]) * unit : null;
}
