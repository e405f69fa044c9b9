import {describe, expect, test} from '@jest/globals';
import type {DrillCode} from '../../../src/errors.ts';
import {exitCodeOfFleet, type FleetReport, worstOf} from '../../../src/fleet/fleet-report.ts';
import {fail, skipped} from '../../../src/judge/finding.ts';
import {aFleet, drilled} from '../../fleets.ts';

const verdict = (parts: Partial<FleetReport>) => {
  const fleet = aFleet(parts);
  return {...worstOf(fleet), exitCode: exitCodeOfFleet({...fleet, ...worstOf(fleet)})};
};
const broken = (name: string, code: DrillCode) =>
  drilled(name, {outcome: 'not-run', error: {code, message: 'it broke off', hint: 'Try again.'}});

describe('several drills', () => {
  test('pass where all of them do', () => {
    expect(verdict({drills: [drilled('a'), drilled('b')]})).toEqual({outcome: 'passed', exitCode: 0});
  });

  test('fail where one does, whatever else could not be held', () => {
    const drills = [drilled('a'), broken('b', 'bug/internal'), drilled('c', {outcome: 'failed'})];
    expect(verdict({drills})).toEqual({outcome: 'failed', exitCode: 4});
  });

  test.each<[DrillCode[], number]>([
    [['server/unavailable'], 3],
    [['config/invalid', 'server/unavailable'], 3],
    [['server/unavailable', 'cancelled'], 130],
    [['cancelled', 'bug/internal'], 1],
  ])('are not run where some could not be held (%j), and exit as the most urgent of them', (codes, exitCode) => {
    const drills = [drilled('a'), ...codes.map((code, index) => broken(`b${index}`, code))];
    expect(verdict({drills})).toMatchObject({outcome: 'not-run', exitCode});
  });

  test('prove nothing where there are none', () => {
    expect(verdict({drills: []})).toMatchObject({outcome: 'not-run', exitCode: 3});
    expect(verdict({drills: [], backups: ['a']})).toMatchObject({outcome: 'not-run', exitCode: 3});
  });

  test('do not pass where one of those asked for is not among them', () => {
    const {error, ...rest} = verdict({drills: [drilled('a')], backups: ['a', 'b']});
    expect(rest).toEqual({outcome: 'not-run', exitCode: 3});
    expect(error?.message).toBe('not drilled: b');
  });

  test('fail by what is wrong with all of them together', () => {
    const findings = [fail('fleet/slots', 'slots are missing', {hint: ''})];
    expect(verdict({drills: [drilled('a')], findings}).outcome).toBe('failed');
    const unproven = [skipped('fleet/slots', 'no slots are known', {severity: 'error'})];
    expect(verdict({drills: [drilled('a')], findings: unproven}).exitCode).toBe(3);
  });
});
