/** The pictures in README show what today's code makes of the reports beside them: `node scripts/screenshots.mjs`. */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {IMAGES, MAX_IMAGE_BYTES, markOf, RENDERING, SUMMARIES} from '../../../scripts/summary-images.mjs';
import {reportSchema} from '../../../src/report/drill-report.ts';
import {renderMarkdown} from '../../../src/report/markdown.ts';

describe.each(SUMMARIES)('docs/images/%s', name => {
  const read = (extension: string): Buffer => readFileSync(join(IMAGES, `${name}.${extension}`));
  const report = JSON.parse(read('json').toString());
  const markdown = read('md').toString();

  test('is of a report that keeps today’s contract, and has the outcome that it is named by', () => {
    expect(reportSchema.parse(report)).toEqual(report);
    expect(name).toBe(`summary-${report.outcome}`);
  });

  test('is of the Markdown that today’s code makes of it (--same-reports renders it anew)', () => {
    expect(renderMarkdown(report, RENDERING)).toBe(markdown);
  });

  test('is a picture of that Markdown, and small enough to be loaded on every visit', () => {
    const png = read('png');
    expect(png.toString('latin1', 1, 4)).toBe('PNG');
    expect(png.toString('latin1', png.length - 200)).toContain(markOf(markdown));
    expect(png.length).toBeLessThan(MAX_IMAGE_BYTES);
  });
});

test('there is no other summary in docs/images', () => {
  const files = SUMMARIES.flatMap(name => [`${name}.json`, `${name}.md`, `${name}.png`]);
  expect(
    readdirSync(IMAGES)
      .filter(name => name.startsWith('summary-'))
      .toSorted(),
  ).toEqual(files.toSorted());
});
