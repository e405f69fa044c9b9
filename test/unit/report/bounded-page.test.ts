import {describe, expect, test} from '@jest/globals';
import {boundedPage, type Section} from '../../../src/report/bounded-page.ts';
import {renderMarkdown} from '../../../src/report/markdown.ts';
import {aFinding, aReport} from '../../builders.ts';
import {fc} from '../../property.ts';
import {rendered, tableOf, textsOf} from './rendered.ts';

const bytes = (text: string): number => Buffer.byteLength(text);
const LEFT_OUT = /\*\*([\d,]+) of ([\d,]+) ([a-z ]+?)s? (?:is|are) left out here\*\*/g;

/** How many of what are said to be left out, and of how many. */
const leftOut = (markdown: string) =>
  [...markdown.matchAll(LEFT_OUT)].map(([, left, all, what]) => ({
    what,
    left: Number(left!.replaceAll(',', '')),
    all: Number(all!.replaceAll(',', '')),
  }));

function findings(failed: number, passed: number) {
  const failures = Array.from({length: failed}, (_, index) =>
    aFinding({
      rule: 'expect/keys-dropped',
      status: 'fail',
      message: `db ${index} lost keys 🔑 and | more`,
      expected: 10,
      actual: index,
      hint: `Look ${index % 3 === 0 ? 'here' : 'there'}.`,
      origin: `restore-drill.yml:${index}`,
    }),
  );
  return [...failures, ...Array.from({length: passed}, () => aFinding())];
}

const failed = (...counts: [number, number]) => aReport({outcome: 'failed', findings: findings(...counts)});

describe('a report of 400,000 findings', () => {
  const report = failed(200_000, 200_000);
  const limit = 1024 * 1024;
  const markdown = renderMarkdown(report, {maxBytes: limit, docsUrl: 'https://docs.example'});

  test('stays under the limit, and uses it', () => {
    expect(bytes(markdown)).toBeLessThanOrEqual(limit);
    expect(bytes(markdown)).toBeGreaterThan(limit - 1000);
  });

  test('says what was left out, how much of it, and who has it', () => {
    const rows = markdown.match(/^\| ❌ \| /gm)!.length;
    expect(rows).toBeGreaterThan(1000);
    const [failures, passes, numbers] = leftOut(markdown);
    expect(failures).toEqual({what: 'failed check', left: 200_000 - rows, all: 200_000});
    // What is left over may do for one of the next.
    expect(passes).toMatchObject({what: 'passed check', all: 200_000});
    expect(passes!.left).toBeGreaterThan(199_990);
    expect(numbers).toEqual({what: 'number', left: 9, all: 9});
    expect(markdown).toContain('for want of room: the report (JSON) has them all.');
  });

  test('keeps the answer, what to do, the facts and the ledger', () => {
    expect(markdown).toMatch(
      /^## ❌ Failed · dump\.rdb: db 0 lost keys 🔑 and &#124; more \(and 199,999 more\)\n/,
    );
    expect(markdown).toMatch(/What to do.*- Look here\..*- Look there\./s);
    expect(markdown).toMatch(/\| Backup \|.*The ledger balances/s);
  });

  test('is still well-formed: no element is open, and tables keep their columns', () => {
    // Smaller than what GitHub takes, which takes long to parse.
    const cut = renderMarkdown(report, {maxBytes: 50_000});
    expect(rendered(cut)).toMatchObject({unclosed: [], wronglyClosed: []});
    const [, ...rows] = tableOf(cut, 0);
    expect(new Set(rows.map(row => row.length))).toEqual(new Set([4]));
    expect(rows).toHaveLength(200_000 - leftOut(cut)[0]!.left);
  });
});

test('what matters least goes first: numbers, then passed checks, then failures from their end', () => {
  const report = failed(30, 30);
  const whole = bytes(renderMarkdown(report, {maxBytes: 1e6}));
  const gone = (maxBytes: number) => leftOut(renderMarkdown(report, {maxBytes})).map(({what}) => what);
  expect(gone(whole)).toEqual([]);
  expect(gone(whole - 1)).toEqual(['number']);
  expect(gone(whole - 1000)).toEqual(['passed check', 'number']);
  expect(gone(whole - 4000)).toEqual(['failed check', 'passed check', 'number']);
  const cut = renderMarkdown(report, {maxBytes: whole - 4000});
  expect(cut).toContain('db 0 lost keys');
  expect(cut).not.toContain('db 29 lost keys');
});

test('at any limit the page is under it, whole, and admits what it lacks', () => {
  const report = failed(40, 20);
  const whole = renderMarkdown(report, {maxBytes: 1e6});
  fc.assert(
    fc.property(fc.integer({min: 0, max: bytes(whole) + 10}), maxBytes => {
      const markdown = renderMarkdown(report, {maxBytes});
      expect(bytes(markdown)).toBeLessThanOrEqual(maxBytes);
      expect(markdown).not.toContain('\ufffd');
      expect(rendered(markdown)).toMatchObject({unclosed: [], wronglyClosed: []});
      if (markdown !== whole && maxBytes > 300) expect(markdown).toMatch(/left out/);
      if (maxBytes >= 15) expect(markdown).toMatch(/^## ❌ Failed/);
    }),
  );
});

test('a summary without room for anything is empty rather than too long', () => {
  expect(renderMarkdown(failed(1, 0), {maxBytes: 5})).toBe('');
});

describe('a page of sections', () => {
  const section = (overrides: Partial<Section>): Section => ({
    rank: 1,
    open: 'begin\n',
    close: 'end\n',
    rows: 3,
    row: index => `row ${index}\n`,
    what: 'row',
    ...overrides,
  });
  const page = (sections: Section[], maxBytes: number) =>
    boundedPage({head: 'head\n', short: 'h\n', sections}, maxBytes);

  test('leaves out sections without rows, frame and all', () => {
    expect(page([section({rows: 0}), section({rank: 2})], 1000)).toBe(
      'head\n\nbegin\nrow 0\nrow 1\nrow 2\nend\n',
    );
  });

  test('keeps the order in which it is read, whatever matters most', () => {
    const sections = [section({rank: 2, open: 'b\n'}), section({rank: 1, open: 'a\n'})];
    expect(page(sections, 1000)).toMatch(/b\n.*a\n/s);
  });

  test('says in the place of rows that they are missing, inside what surrounds them', () => {
    const cut = page([section({rows: 100})], 150);
    expect(cut).toMatch(
      /^head\n\nbegin\nrow 0\n(row \d\n)*\n\*\*\d+ of 100 rows are left out here\*\* .*\nend\n$/,
    );
  });

  test('says of a single one that it is', () => {
    expect(page([section({rows: 1, row: () => 'x'.repeat(500)})], 200)).toContain(
      '**1 of 1 row is left out here**',
    );
  });

  test('asks for no more rows than it has room for', () => {
    let asked = 0;
    page([section({rows: 1e6, row: () => `row ${asked++}\n`})], 1000);
    expect(asked).toBeLessThan(200);
  });
});

test('the headings of what is folded up count what is in it, not what is shown', () => {
  const markdown = renderMarkdown(failed(1, 500), {maxBytes: 9000});
  expect(textsOf(markdown, 'summary')).toContain('500 checks passed');
  expect(leftOut(markdown)[0]).toMatchObject({what: 'passed check', all: 500});
});
