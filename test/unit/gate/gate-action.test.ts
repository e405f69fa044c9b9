/** gate/action.yml and the flags of `restore-drill gate` are one list. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {expect, test} from '@jest/globals';
import {parse} from 'yaml';
import {GATE_OPTIONS, inputOf} from '../../../src/gate/gate-options.ts';
import {ROOT} from '../../servers.ts';

test('every flag is an input, and there is no other', () => {
  const {inputs} = parse(readFileSync(join(ROOT, 'gate/action.yml'), 'utf8')) as {inputs: object};
  expect(Object.keys(inputs)).toEqual(GATE_OPTIONS.map(inputOf));
});
