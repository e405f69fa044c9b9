import {expect, test} from '@jest/globals';
import {problemsError} from '../../../src/config/problems.ts';
import {reportOfNothing} from '../../../src/drill.ts';
import {DrillError} from '../../../src/errors.ts';
import {reportSchema} from '../../../src/report/drill-report.ts';

const problems = [
  {origin: 'restore-drill.yml:3', message: 'backups.0.name: too short'},
  {origin: '', message: 'nothing is right'},
];

test('the problems of a config are in the report one by one, with the place where each was written', () => {
  const report = reportOfNothing(problemsError(problems));
  expect(report.error).toMatchObject({code: 'config/invalid', problems});
  expect(reportSchema.parse(report)).toEqual(report);
});

test('a single problem is a list of one', () => {
  expect(reportOfNothing(problemsError(problems.slice(1))).error).toMatchObject({
    message: 'nothing is right',
    problems: problems.slice(1),
  });
});

test('an error that is not of problems has no list of them', () => {
  const error = new DrillError('server/unavailable', 'no server', {hint: 'Start one.'});
  expect(Object.keys(reportOfNothing(error).error!)).toEqual(['code', 'message', 'hint']);
});
