import {readFileSync} from 'node:fs';
import {expect, test} from '@jest/globals';
import {assertNode} from '../../src/node-version.ts';

test('what package.json asks for will do, and what is older will not', () => {
  const {engines} = JSON.parse(readFileSync('package.json', 'utf8'));
  expect(engines.node).toBe('>=22.22');
  for (const version of ['22.22.0', '22.30.1', '24.0.0', '100.1.2'])
    expect(() => assertNode(version)).not.toThrow();
  for (const version of ['22.21.9', '20.20.2', '18.0.0'])
    expect(() => assertNode(version)).toThrow(`a drill does not work on Node ${version}`);
});
