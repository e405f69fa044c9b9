import {expect, test} from '@jest/globals';
import {renderMarkdown} from '../../../src/report/markdown.ts';
import {renderText} from '../../../src/report/text.ts';
import {sparkline, trendRows} from '../../../src/report/trend-rows.ts';
import {aReport} from '../../builders.ts';

const keys = {what: 'keys', values: [null, 100, null, 150, 200], usual: 150} as const;
const restore = {what: 'restore', values: [null, 1000, 1000, 1000, 1000], usual: 1000} as const;
const trends = [keys, restore].map(({values, ...rest}) => ({...rest, values: [...values]}));

test('nights are blocks from the least to the most, with gaps for those that are not known', () => {
  expect(sparkline([null, 1, null, 2, 3])).toBe('▁ ▅█');
  expect(sparkline([5, 5, 5])).toBe('▄▄▄');
});

test('a row says what is now, what is usual, and how far apart they are', () => {
  expect(trendRows({trends})).toEqual([
    {label: 'Keys', line: '▁ ▅█', now: '200', usual: '150', change: '+33.3%'},
    {label: 'Restore', line: '▄▄▄▄', now: '1 s', usual: '1 s', change: '±0%'},
  ]);
});

test('nothing is shown where nothing earlier is known', () => {
  expect(trendRows({trends: [{what: 'keys', values: [null, 3], usual: null}]})).toEqual([]);
  expect(trendRows(aReport())).toEqual([]);
  expect(renderMarkdown(aReport(), {maxBytes: 100_000})).not.toContain('The last nights');
});

test('both the terminal and the summary show it', () => {
  expect(renderText(aReport({trends}))).toContain('  Keys               ▁ ▅█  200 (usual 150, +33.3%)');
  expect(renderMarkdown(aReport({trends}), {maxBytes: 100_000})).toContain(
    '| Keys | `▁ ▅█` | 200 | 150 | +33.3% |',
  );
});
