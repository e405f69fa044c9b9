/**
 * Whatever the texts of a report are, its summary is the same page with other words: no element, link, image, mention,
 * emoji or formula but those that we put there ourselves.
 */
import {describe, expect, test} from '@jest/globals';
import type {DrillReport} from '../../../src/report/drill-report.ts';
import {renderMarkdown} from '../../../src/report/markdown.ts';
import {code, prose} from '../../../src/report/markdown-text.ts';
import {printable} from '../../../src/report/printable.ts';
import {fc} from '../../property.ts';
import {NASTY, reportSaying} from './nasty.ts';
import {type Rendered, rendered} from './rendered.ts';

const DOCS = 'https://docs.example/v1';
const OUTCOMES = ['passed', 'failed', 'not-run'] as const;

const page = (say: (what: string) => string, outcome: DrillReport['outcome']): Rendered =>
  rendered(renderMarkdown(reportSaying(say, outcome), {maxBytes: 1024 * 1024, docsUrl: DOCS}));

/** Code and the guarded dollar come with the text; they hold nothing but text, and no attributes. */
const skeleton = ({elements}: Rendered): string[] =>
  elements
    .filter(({tag, attributes}) => !(['code', 'span'].includes(tag) && attributes === ''))
    .map(({tag, attributes}) => `${tag} ${attributes}`);

/** What GitHub would turn into something, in texts that are not code. */
const LIVELY = [
  /(^|[^\p{L}\p{N}_])@[a-z0-9]/iu,
  /@[\w-]+\./,
  /#\d/,
  /GH-\d/i,
  /(https?|ftp):\/\//i,
  /www\./i,
  /:[a-z][\w+-]*:/i,
  /\$/,
];

/** The raw text, with the character that keeps apart what would be joined. */
function lively({texts}: Rendered): string[] {
  const read = texts.filter(({inside}) => !inside.some(tag => ['code', 'pre', 'span', 'a'].includes(tag)));
  return read.map(({raw}) => raw).filter(raw => LIVELY.some(pattern => pattern.test(raw)));
}

test.each(OUTCOMES)('the summary of a drill that %s', outcome => {
  const harmless = skeleton(page(what => what, outcome));
  fc.assert(
    fc.property(NASTY, text => {
      const found = page(what => `${text}${what}`, outcome);
      expect(found.unclosed).toEqual([]);
      expect(found.wronglyClosed).toEqual([]);
      expect(skeleton(found)).toEqual(harmless);
      expect(lively(found)).toEqual([]);
    }),
    {numRuns: 150},
  );
});

describe('a text is shown as it is written', () => {
  const shown = (markdown: string): string =>
    rendered(`a ${markdown} z\n`)
      .texts.map(({text}) => text)
      .join('')
      .trim();

  test('in a sentence', () => {
    fc.assert(
      fc.property(NASTY, text => {
        expect(shown(prose(text))).toBe(`a ${printable(text)} z`);
      }),
      {numRuns: 500},
    );
  });

  test('as code', () => {
    fc.assert(
      fc.property(NASTY, text => {
        expect(shown(code(text))).toBe(`a ${printable(text)} z`);
      }),
      {numRuns: 500},
    );
  });

  test.each([
    '/srv/a@b.example/www.x/dump.rdb',
    'redis@sha256:0f',
    ' a',
    'a ',
    ' ',
    '\\',
    'a\\',
    '$x$',
    '&amp;',
  ])('%p is code without anything added, since people copy it', text => {
    const [inCode] = rendered(`| ${code(text)} |\n|---|\n`).texts.filter(({inside}) =>
      inside.includes('code'),
    );
    expect(inCode).toMatchObject({raw: text, inside: ['table', 'thead', 'tr', 'th', 'code']});
  });

  test.each([
    ['@octocat', '@\u200boctocat'],
    ['a@b.example', 'a@\u200bb.example'],
    ['fixes #12', 'fixes #\u200b12'],
    ['GH-12', 'GH-\u200b12'],
    ['https://x.example', 'https\u200b://x.example'],
    ['www.x.example', 'www\u200b.x.example'],
    [':white_check_mark: 12:34:56', ':\u200bwhite_check_mark: 12:34:56'],
    [':100:', ':\u200b100:'],
  ])('%p is kept apart, so that nothing becomes of it', (text, apart) => {
    const [paragraph] = rendered(prose(text)).texts.filter(({inside}) => inside.includes('p'));
    expect(paragraph!.raw).toBe(apart);
  });

  test('a text without end is cut, not through a character', () => {
    expect([...prose('😀'.repeat(1000))]).toHaveLength(501);
    expect(prose(`a${'😀'.repeat(1000)}`)).toMatch(/^a(😀){499}…$/u);
  });
});
