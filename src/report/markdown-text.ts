/**
 * Text as it may stand in GitHub's Markdown: in a sentence, a cell of a table, or as code. In: any string. Out: Markdown
 * that renders to that text (see printable.ts) and to nothing else: no element, link, image, mention, emoji or formula.
 */
import {printable} from './printable.ts';

/** Longer texts are cut: a summary is bounded, and nobody reads on. The report has them whole. */
const MAX_CHARS = 1_000;

/**
 * A character without width, which keeps apart what GitHub would join to a link, a mention or an emoji after Markdown
 * is done with its escapes. In code, which people copy, only where nothing else would do.
 */
const APART = '\u200b';

/**
 * What is markup somewhere in a line, and words that GitHub links without markup. Character references are never markup:
 * https://github.github.com/gfm/#entity-and-numeric-character-references
 */
const MARKUP =
  /[&<>\\`*_[\]|~#^$@]|(?:https?|ftp)(?=:\/\/)|www(?=\.)|GH-(?=\d)|:(?=(?:[\w+-]*[a-z+-][\w+-]*|100|1234):)/gi;

/** In a sentence. */
export function prose(text: string, maxChars = MAX_CHARS): string {
  return clip(printable(text), maxChars).replace(MARKUP, found => {
    // The way that GitHub's own documentation names.
    if (found === '$') return '<span>$</span>';
    if (found.length > 1 || found === ':') return found + APART;
    return found === '@' || found === '#' ? reference(found) + APART : reference(found);
  });
}

/** A sentence of ours, in which `backticks` mean code; at the beginning of a line or of an item of a list. */
export function hintText(text: string): string {
  const parts = clip(text, MAX_CHARS).split(/`([^`]+)`/);
  return parts
    .map((part, index) => (index % 2 === 1 ? code(part) : index === 0 ? proseAtStart(part) : prose(part)))
    .join('');
}

/** Where spaces would begin a block of code, and a number or a dash a list. */
export const proseAtStart = (text: string): string => prose(text.trimStart()).replace(/^[-+=\d]/, reference);

/** A name, a path, an id: in the typeface of code, to be copied. Nothing in it is markup, nor becomes anything. */
export function code(text: string): string {
  const shown = clip(printable(text), MAX_CHARS);
  if (shown === '') return '';
  // A table is cut at `|` before anybody looks for code.
  if (/[`|]/.test(shown))
    return `<code>${shown.replace(MARKUP_IN_ELEMENT, reference).replace(ADDRESS, `$&${APART}`)}</code>`;
  // Of two spaces around code, one on each side is not part of it; of nothing but spaces all are.
  const edged = /^ .*[^ ]|[^ ].* $/.test(shown);
  return edged ? `\` ${shown} \`` : `\`${shown}\``;
}

/** What is `<code>` to a browser is text like any other to GitHub's parser, and it looks for addresses even there. */
const MARKUP_IN_ELEMENT = /[&<>\\`*_[\]|~#^$]|:(?=\/\/)|(?<=www)\./gi;
const ADDRESS = /(?<=[\w.+-])@(?=[\w-]+\.)/g;

/** Inside `<pre>`, where Markdown is not read at all. */
export const preformatted = (text: string): string =>
  clip(printable(text), MAX_CHARS).replace(/[&<>]/g, reference);

const reference = (char: string): string => `&#${char.charCodeAt(0)};`;

/** Not through the middle of a character, nor of a word that is not too long by itself. */
function clip(text: string, maxChars: number): string {
  if (text.length <= maxChars) return text;
  return `${text.slice(0, maxChars).replace(/\s\S{0,20}$|[\ud800-\udbff]$/, '')}…`;
}
