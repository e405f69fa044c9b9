/**
 * Text that came from outside (names of files, servers' words, what a dump says of itself) as it may be shown: what
 * would act on a terminal, a log or a reader's eye without being seen is written out instead. In: any string. Out: one
 * line that the Actions runner takes for no command; it is made for people, and cannot be turned back.
 */

/** Control characters, invisible ones (the overrides of the writing direction among them), line ends, halves of pairs. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const SHORT: Record<string, string> = {'\n': '\\n', '\r': '\\r', '\t': '\\t'};

/** The runner obeys `::command::` at the start of a line, after any space. */
const COMMAND_AT_START = /^(\s*):(?=:)/;
/** And `##[command]` anywhere in it: `TryParse` in ActionCommand.cs of actions/runner. */
const COMMAND_ANYWHERE = /##(?=\[)/g;

export function printable(text: string): string {
  return text
    .replace(UNSEEN, written)
    .replace(COMMAND_AT_START, '$1\\x3a')
    .replace(COMMAND_ANYWHERE, '#\\x23');
}

/** Of text whose lines are ours, such as a stack: its line ends stay, everything else is as above. */
export function printableLines(text: string): string[] {
  return text.split(/\r?\n/).map(printable);
}

function written(char: string): string {
  const code = char.codePointAt(0)!;
  const hex = code.toString(16);
  if (code <= 0xff) return SHORT[char] ?? `\\x${hex.padStart(2, '0')}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
}
