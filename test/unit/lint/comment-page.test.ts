/** What is worth a comment on a pull request: what the change does, not what was there before. */
import {expect, test} from '@jest/globals';
import {commentPage} from '../../../src/lint/comment/comment-page.ts';
import type {Proof} from '../../../src/lint/prove/proof.ts';
import {lintedOf} from './linted.ts';

const BEFORE = 'appendonly yes\nsave 900 1\n';
const SIN = 'rdbchecksum no\n';

test.each<[string, string, string | undefined, boolean]>([
  ['what it makes worse', 'appendonly no\nsave 900 1\n', BEFORE, true],
  ['what it makes better', BEFORE, 'appendonly no\nsave 900 1\n', true],
  ['a value of the table that it changes', `${BEFORE}dir /data\n`, `${BEFORE}dir /data/\n`, true],
  ['nothing', BEFORE, BEFORE, false],
  ['what it does not touch', `${BEFORE}${SIN}`, `${BEFORE}${SIN}`, false],
  ['what it does beside that', `${BEFORE}${SIN}maxclients 500\n`, `${BEFORE}${SIN}`, false],
  ['what is ignored', `${BEFORE}# restore-drill-ignore lint/checksum-off: sums\n${SIN}`, BEFORE, false],
  ['anything, where there is no base', `${BEFORE}${SIN}`, undefined, true],
])('of %s', async (_what, head, base, worth) => {
  const linted = await lintedOf({'redis.conf': head}, base === undefined ? base : {'redis.conf': base});
  expect(commentPage(linted, undefined).worth).toBe(worth);
});

test('what was measured differs every time, and is told of by findings', async () => {
  const linted = await lintedOf({'redis.conf': `${BEFORE}maxclients 500\n`}, {'redis.conf': BEFORE});
  const crash = (lostSeconds: number) => ({lostSeconds, writtenSeconds: 3, statedSeconds: 0});
  const side = (lostSeconds: number) => ({server: 'redis:7.0', version: '7.0.15', crash: crash(lostSeconds)});
  const proof = {head: side(0.2), base: side(0.1), deploys: []} as unknown as Proof;
  linted.summaries[0]!.proof = proof;
  const {markdown, worth} = commentPage(linted, undefined);
  expect(markdown).toContain('lost by kill -9, measured');
  expect(worth).toBe(false);
});
