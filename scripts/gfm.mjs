/**
 * Markdown to HTML as GitHub makes it, as far as a machine without GitHub can: CommonMark with GitHub's extensions, and
 * the elements that GitHub lets through. What GitHub does afterwards (mentions, emoji, formulas) is not in it.
 */
import {micromark} from 'micromark';
import {gfm, gfmHtml} from 'micromark-extension-gfm';

/** @param {string} markdown */
export function gfmToHtml(markdown) {
  return micromark(markdown, {allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()]});
}
