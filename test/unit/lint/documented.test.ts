/** docs/lint.md, held against the code: a heading for every rule, and none besides. */
import {readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';

import {RULE_TEXTS} from '../../../src/lint/rules/rule-texts.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
const DOCS = readFileSync(join(ROOT, 'docs', 'lint.md'), 'utf8');
const found = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, rule]) => rule!);

test('docs/lint.md has a heading for every rule of lint, and none besides', () => {
  const sources = readdirSync(join(ROOT, 'src', 'lint'), {recursive: true, encoding: 'utf8'})
    .filter(path => path.endsWith('.ts') && !path.endsWith('rule-texts.ts'))
    .map(path => readFileSync(join(ROOT, 'src', 'lint', path), 'utf8'));
  const rules = new Set(sources.flatMap(text => found(text, /'(lint\/[a-z-]+)'/g)));
  expect(rules.size).toBeGreaterThan(20);
  const headings = found(DOCS, /^### (lint\/[a-z-]+)$/gm);
  expect(headings.toSorted()).toEqual([...rules].toSorted());
});

test('reports that bring the documentation along have its words: the first paragraph below each heading', () => {
  const paragraphs = [...DOCS.matchAll(/^### (lint\/[a-z-]+)\n\n(.+)$/gm)].map(([, rule, text]) => [
    rule,
    text,
  ]);
  const texts = Object.entries(RULE_TEXTS).map(([rule, {text}]) => [rule, text]);
  expect(Object.fromEntries(texts)).toEqual(Object.fromEntries(paragraphs));
});
