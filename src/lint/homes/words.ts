/**
 * Words of a command with their places: of a list in YAML, or of a line as a shell splits it. In: text. Out: the commands
 * in it, each a list of words; nothing is run and nothing is put in for a variable.
 */
import type {Place} from '../setting.ts';

export type Word = Place & {text: string};

const OPERATORS = /^(?:&&|\|\||;|\||&|\n|\(|\))/;

/** Commands of a script, at `;`, `&&`, `|` and line ends; a word keeps `${…}` and `$(…)` whole. */
export function shellCommands(text: string, place: Place): Word[][] {
  const commands: Word[][] = [[]];
  const scan = {text, at: 0, line: place.line, start: place.column - 1};
  while (scan.at < text.length) {
    const rest = text.slice(scan.at, scan.at + 2);
    if (rest === '\\\n') advance(scan, 2);
    else if (text[scan.at] === '#' && /(^|\s)$/.test(text.slice(Math.max(0, scan.at - 1), scan.at)))
      advance(scan, (/^[^\n]*/.exec(text.slice(scan.at))?.[0].length ?? 0) || 1);
    else if (OPERATORS.test(rest)) {
      commands.push([]);
      advance(scan, OPERATORS.exec(rest)![0].length);
    } else if (/\s/.test(rest[0]!)) advance(scan, 1);
    else commands.at(-1)!.push(readWord(scan, place));
  }
  return commands.filter(words => words.length > 0);
}

type Scan = {
  text: string;
  at: number;
  line: number /** Where the line begins, for the column. */;
  start: number;
};

function advance(scan: Scan, count: number): string {
  const passed = scan.text.slice(scan.at, scan.at + count);
  for (const [index, char] of [...passed].entries()) {
    if (char !== '\n') continue;
    scan.line += 1;
    scan.start = -(scan.at + index + 1);
  }
  scan.at += count;
  return passed;
}

function readWord(scan: Scan, {file}: Place): Word {
  const word: Word = {text: '', file, line: scan.line, column: scan.at + scan.start + 1};
  while (scan.at < scan.text.length) {
    const char = scan.text[scan.at]!;
    const opening = /^\$[{(]/.exec(scan.text.slice(scan.at, scan.at + 2))?.[0];
    if (opening) word.text += advance(scan, balanced(scan.text, scan.at, opening[1] === '{' ? '{}' : '()'));
    else if (char === '\\') {
      advance(scan, 1);
      const next = advance(scan, 1);
      word.text += next === '\n' ? '' : next;
    } else if (char === '"' || char === "'") word.text += quoted(scan, char);
    else if (/\s/.test(char) || OPERATORS.test(scan.text.slice(scan.at, scan.at + 2))) break;
    else word.text += advance(scan, 1);
  }
  return word;
}

function quoted(scan: Scan, quote: string): string {
  let text = '';
  advance(scan, 1);
  while (scan.at < scan.text.length && scan.text[scan.at] !== quote) {
    if (scan.text[scan.at] === '\\' && quote === '"') advance(scan, 1);
    text += advance(scan, 1);
  }
  advance(scan, 1);
  return text;
}

function balanced(text: string, from: number, [open, close]: string): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === open) depth += 1;
    if (text[at] !== close) continue;
    depth -= 1;
    if (depth === 0) return at + 1 - from;
  }
  return text.length - from;
}
