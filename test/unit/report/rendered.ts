/** A summary as a browser would see it: its elements, their nesting, and the texts in them. */
import {gfmToHtml} from '../../../scripts/gfm.mjs';

export type Element = {tag: string; attributes: string};
/** `raw` with the characters without width that keep words apart. */
export type Text = {text: string; raw: string; inside: string[]};
export type Rendered = {elements: Element[]; texts: Text[]; unclosed: string[]; wronglyClosed: string[]};

const VOID = new Set(['br', 'hr', 'img', 'input']);

export function rendered(markdown: string): Rendered {
  const result: Rendered = {elements: [], texts: [], unclosed: [], wronglyClosed: []};
  const open: string[] = [];
  for (const [token] of gfmToHtml(markdown).matchAll(/<[^>]*>|[^<]+|</gs)) {
    const [, slash, tag, attributes] = /^<(\/?)([a-z][a-z0-9]*)([^>]*)>$/i.exec(token) ?? [];
    if (tag === undefined)
      result.texts.push({text: decoded(token), raw: decodedRaw(token), inside: [...open]});
    else if (slash === '/') {
      if (open.at(-1) === tag) open.pop();
      else result.wronglyClosed.push(tag);
    } else {
      result.elements.push({tag, attributes: attributes!.trim()});
      if (!VOID.has(tag)) open.push(tag);
    }
  }
  result.unclosed = open;
  return result;
}

/** The texts of all elements of a kind, each with what is in it. */
export function textsOf(markdown: string, tag: string): string[] {
  const html = gfmToHtml(markdown);
  return [...html.matchAll(new RegExp(`<${tag}( [^>]*)?>(.*?)</${tag}>`, 'gs'))].map(([, , inner]) =>
    decoded(inner!.replace(/<br>/g, ' / ').replace(/<[^>]*>/g, '')).trim(),
  );
}

/** Rows of the n-th table, headings first. */
export function tableOf(markdown: string, index: number): string[][] {
  const tables = [...gfmToHtml(markdown).matchAll(/<table>.*?<\/table>/gs)].map(([html]) => html);
  const rows = [...(tables[index] ?? '').matchAll(/<tr>(.*?)<\/tr>/gs)];
  return rows.map(([, html]) =>
    [...html!.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/gs)].map(([, cell]) =>
      decoded(cell!.replace(/<br>/g, ' / ').replace(/<[^>]*>/g, '')),
    ),
  );
}

const NAMED: Record<string, string> = {amp: '&', lt: '<', gt: '>', quot: '"', nbsp: '\u00a0'};

const decodedRaw = (html: string): string =>
  html.replace(/&(?:#(\d+)|(\w+));/g, (all, code, name) =>
    code ? String.fromCharCode(code) : (NAMED[name] ?? all),
  );
const decoded = (html: string): string => decodedRaw(html).replaceAll('\u200b', '');
