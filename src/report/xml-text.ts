/**
 * Text as it may stand in an XML 1.0 document, between tags or in an attribute with double quotes. In: any string. Out:
 * one line that reads back as the text of printable.ts; what XML cannot hold at all, not even as a reference, is written
 * out in the same way.
 */
import {printable} from './printable.ts';

/** What is left of characters outside of `Char` after printable. https://www.w3.org/TR/xml/#charsets */
const NO_CHARACTER = /[\ufffe\uffff]/g;
const REFERENCES: Record<string, string> = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;'};

export const xmlText = (text: string): string =>
  printable(text)
    .replace(NO_CHARACTER, char => `\\u${char.charCodeAt(0).toString(16)}`)
    .replace(/[&<>"]/g, char => REFERENCES[char]!);
