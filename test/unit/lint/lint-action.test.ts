/** lint/action.yml and the flags of `restore-drill lint` are one list, but for the format: a step shows in all of GitHub's. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {parse} from 'yaml';
import {LINT_INPUTS, LINT_OPTIONS} from '../../../src/lint/lint-options.ts';
import {ROOT} from '../../servers.ts';
import {readSyntax} from '../../syntax.ts';

const {inputs} = parse(readFileSync(join(ROOT, 'lint/action.yml'), 'utf8')) as {inputs: object};

test('every flag is an input, and there is no other', () => {
  const flags = LINT_OPTIONS.map(({flag}) => flag.slice(2).split(' ')[0]!);
  expect(['files', ...flags.filter(name => name !== 'format')]).toEqual(LINT_INPUTS);
  expect(Object.keys(inputs)).toEqual(LINT_INPUTS);
});

test('the step reads each of them', () => {
  expect(readSyntax(join(ROOT, 'src/action.ts')).strings).toEqual(expect.arrayContaining(LINT_INPUTS));
});
