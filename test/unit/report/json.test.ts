import {expect, test} from '@jest/globals';
import {toSortedJson} from '../../../src/report/json.ts';
import {anExpectations} from '../../builders.ts';

test('keys are sorted at every level, lists keep their order, one newline ends it', () => {
  expect(toSortedJson({b: [{z: 1, a: 2}, 3, 1], a: null})).toBe(
    '{\n  "a": null,\n  "b": [\n    {\n      "a": 2,\n      "z": 1\n    },\n    3,\n    1\n  ]\n}\n',
  );
});

test('databases come in the order of their numbers', () => {
  expect(Object.keys(JSON.parse(toSortedJson({'10': 1, '9': 2, '0': 3})))).toEqual(['0', '9', '10']);
});

test('the same dataset gives the same text, however it was counted', () => {
  const recorded = anExpectations();
  const turned = Object.fromEntries(Object.entries(recorded).toReversed());
  expect(toSortedJson(turned)).toBe(toSortedJson(recorded));
  expect(JSON.parse(toSortedJson(recorded))).toEqual(recorded);
});
