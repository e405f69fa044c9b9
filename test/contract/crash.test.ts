/**
 * What a killed process loses is never more than lint states: written to at a known rate, killed at a moment that nothing
 * foresees, started again. On top of what save points say come two seconds, as docs/lint.md says and why.
 */
import {expect} from '@jest/globals';
import {SLACK_SECONDS} from '../../src/lint/prove/proof.ts';
import {STEADY_SECONDS} from '../../src/lint/prove/proof-issues.ts';
import {crashed} from '../proofs.ts';
import {containerTest} from '../servers.ts';

const RUNS = 50;
/** Servers wait more than they work. */
const AT_ONCE = 5;
/** Runs on a machine that stood still while it measured. */
const MOST_UNSTEADY = 20;

const CONFIGURATIONS = [
  {on: 'redis:7.0', head: 'save 1 1'},
  {on: 'redis:6.0', head: 'save 2 10;save 60 1'},
  {on: 'redis:8.0', head: 'save 1 1000;save 3 1'},
  {on: 'valkey:8.1', head: 'save 2 1'},
  {on: 'valkey:9.1', head: 'save "";appendonly yes;appendfsync everysec'},
  {on: 'redis:7.0', head: 'save "";appendonly yes;appendfsync no'},
];

containerTest(`in ${RUNS} runs`, async () => {
  const left = Array.from({length: RUNS}, (_, run) => CONFIGURATIONS[run % CONFIGURATIONS.length]!);
  const beyond: unknown[] = [];
  const lost: number[] = [];
  let unsteady = 0;
  const work = async (): Promise<void> => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const crash = await crashed(next);
      const {lostSeconds, statedSeconds, stalledSeconds} = crash;
      if (stalledSeconds > STEADY_SECONDS && unsteady < MOST_UNSTEADY) {
        unsteady += 1;
        left.push(next);
      } else if (lostSeconds > statedSeconds! + SLACK_SECONDS) beyond.push({...next, ...crash});
      else lost.push(lostSeconds);
    }
  };
  await Promise.all(Array.from({length: AT_ONCE}, work));
  expect(beyond).toEqual([]);
  expect(lost).toHaveLength(RUNS);
  // Else nothing was measured.
  expect(lost.filter(seconds => seconds > 0.5).length).toBeGreaterThan(RUNS / 4);
});
