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
  // A comment is made by steps only, and a step shows in all forms.
  const ofSteps = ['files', 'comment'];
  expect([...ofSteps, ...flags.filter(name => name !== 'format')].toSorted()).toEqual(LINT_INPUTS.toSorted());
  expect(Object.keys(inputs).toSorted()).toEqual(LINT_INPUTS.toSorted());
});

test('the step reads each of them', () => {
  expect(readSyntax(join(ROOT, 'src/action.ts')).strings).toEqual(expect.arrayContaining(LINT_INPUTS));
});
