/**
 * YAML as a config may use it: maps, lists and plain values, whichever version a text says it is of. A `!!omap` or a date
 * would become an object without keys of its own, and its settings would be gone without a word. In: text; out: no
 * warning on stderr, where the Actions runner would take commands from the text that is repeated in it.
 */
import {type Document, isScalar, type LineCounter, parse, parseDocument} from 'yaml';

const PLAIN = {
  schema: 'core',
  resolveKnownTags: false,
  merge: false,
  logLevel: 'error',
  // By the names that they become: `0` and `"0"` are one key, and one of the two would be dropped.
  uniqueKeys: (a: unknown, b: unknown) =>
    a === b || (isScalar(a) && isScalar(b) && String(a.value) === String(b.value)),
} as const;

export const plainDocument = (text: string, lineCounter: LineCounter): Document =>
  parseDocument(text, {...PLAIN, lineCounter});

export const plainValue = (text: string): unknown => parse(text, PLAIN);
