import {expect, test} from '@jest/globals';
import {renderMarkdown} from '../../../src/report/markdown.ts';
import {changesInWords, productionSentence} from '../../../src/report/production-words.ts';
import {renderText} from '../../../src/report/text.ts';
import {aProduction, aRefusedLoad, aReport} from '../../builders.ts';

const change = (directive: string, line: number) => ({
  directive,
  origin: `deploy/redis.conf:${line}`,
  because: 'there is no network',
});

test('what came of it is a sentence', () => {
  expect(productionSentence(aProduction())).toBe('deploy/redis.conf: 3 keys restored, in 900 ms');
  expect(productionSentence(aProduction({dumpIgnored: ['Creating AOF base file']}))).toContain(
    'a server comes up empty; once appendonly is off, 3 keys restored',
  );
  const refused = aProduction({load: aRefusedLoad(), census: null});
  expect(productionSentence(refused)).toContain('no server comes up');
  expect(productionSentence(aProduction({load: null, census: null, notHeld: 'no engine'}))).toContain(
    'not held',
  );
});

test('of several servers it says which one restored so', () => {
  const row = (image: string) => ({
    image,
    optional: false,
    outcome: 'passed' as const,
    message: '',
    findings: [],
  });
  const matrix = ['redis:8.0', 'valkey:9.1'].map(row) as never;
  expect(productionSentence(aProduction(), matrix)).toBe(
    'deploy/redis.conf: 3 keys restored, in 900 ms; on redis:8.0 only',
  );
});

test('what was changed is told by reason, each directive once, with its lines', () => {
  const changed = [change('port', 2), change('bind', 1), {...change('user', 9), because: 'secret'}];
  expect(changesInWords(aProduction({changed: [...changed, change('bind', 7)]}))).toEqual([
    'bind, port (deploy/redis.conf:2, 1, 7): there is no network',
    'user (deploy/redis.conf:9): secret',
  ]);
});

test('text and summary have both, and nothing of it where it was not asked for', () => {
  const production = aProduction({changed: [change('bind', 1)]});
  for (const render of [
    renderText,
    (report: Parameters<typeof renderText>[0]) => renderMarkdown(report, {maxBytes: 100_000}),
  ]) {
    const text = render(aReport({production}));
    expect(text).toContain('3 keys restored');
    expect(text).toContain('bind');
    expect(render(aReport())).not.toContain('deploy/');
  }
});
