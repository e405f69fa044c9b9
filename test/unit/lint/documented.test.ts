/** docs/lint.md, held against the code: a heading for every rule, and none besides. */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const found = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, rule]) => rule!);

test('docs/lint.md has a heading for every rule of lint, and none besides', () => {
  const sources = readdirSync(join(ROOT, 'src', 'lint'), {recursive: true, encoding: 'utf8'})
    .filter(path => path.endsWith('.ts'))
    .map(path => readFileSync(join(ROOT, 'src', 'lint', path), 'utf8'));
  const rules = new Set(sources.flatMap(text => found(text, /'(lint\/[a-z-]+)'/g)));
  expect(rules.size).toBeGreaterThan(20);
  const headings = found(readFileSync(join(ROOT, 'docs', 'lint.md'), 'utf8'), /^### (lint\/[a-z-]+)$/gm);
  expect(headings.toSorted()).toEqual([...rules].toSorted());
});
