/** What is said of a proof: each observation by hand, because sound servers do not make the worst of them. */
import {describe, expect, test} from '@jest/globals';
import {findInText} from '../../../src/lint/homes/find.ts';
import {failing, lint, type Side, type Summary, withProofs} from '../../../src/lint/lint.ts';
import type {Crash, Proof, ProvedDeploy, ProvedSide} from '../../../src/lint/prove/proof.ts';
import {heldValues} from '../../../src/lint/prove/values.ts';

const HEAD = 'dir /data\nappendonly no\nsave 60 1\n';
const BASE = 'dir /data\nappendonly yes\nsave 60 1\n';

const sideOf = async (text: string): Promise<Side> => ({
  ...(await findInText(text, 'redis.conf', '/nowhere')),
  texts: new Map([['redis.conf', text]]),
});

const CRASH: Crash = {
  writtenSeconds: 2,
  writes: 200,
  rate: 100,
  lostWrites: 0,
  lostSeconds: 0,
  statedSeconds: 60,
  stalledSeconds: 0.01,
};
const SIDE: ProvedSide = {
  server: 'redis:7.0',
  version: '7.0.15',
  image: 'redis:7.0',
  refused: [],
  modulesAbsent: [],
  asRead: 161,
  otherwise: [],
  leftOut: [],
  crash: CRASH,
};
const SOUND: Proof = {head: SIDE, base: SIDE, changes: [], deploys: [], notProved: [], durationMs: 1};
const keys = (count: number, misplaced = 0) => ({keys: count, misplaced});
const DEPLOY: ProvedDeploy = {
  stopped: 'killed',
  saved: 600,
  since: 400,
  without: keys(1000),
  with: keys(1000),
  predicted: null,
};
const PLACE = {file: 'redis.conf', line: 2, column: 1};

/** What the proof adds: `rule severity direction line: message`. */
async function saidOf(proof: Partial<Proof>, texts: {head?: string; base?: string | null} = {}) {
  const {head = HEAD, base = BASE} = texts;
  const side = await sideOf(head);
  const linted = lint(side, base === null ? null : await sideOf(base), {
    maxLoss: null,
    writeRate: null,
    target: null,
  });
  const proofs = new Map<Summary, Proof>([[linted.summaries[0]!, {...SOUND, ...proof}]]);
  const after = withProofs(linted, proofs, side);
  const before = new Set(linted.findings);
  const added = after.findings.filter(finding => !before.has(finding));
  return {
    said: added.map(
      ({rule, severity, direction, place, message}) =>
        `${rule.slice(5)} ${severity} ${direction} ${place.line}: ${message}`,
    ),
    fails: failing({...after, findings: added}).length > 0,
    ignored: added.flatMap(({suppressed}) => suppressed ?? []),
  };
}

test('of a proof without fault nothing is said', async () => {
  expect(await saidOf({deploys: [DEPLOY]})).toEqual({said: [], fails: false, ignored: []});
});

describe('a deploy', () => {
  test('that leaves less than a restart without the change fails, at the line that decides', async () => {
    const {said, fails} = await saidOf({deploys: [{...DEPLOY, with: keys(600)}]});
    expect(said).toEqual([
      'deploy-loses-keys error worse 2: rolled out over existing data, after kill -9 the next server has 600 of 1,000 keys, without the change 1,000 of 1,000 keys',
    ]);
    expect(fails).toBe(true);
  });

  test.each<[string, Partial<ProvedDeploy>, RegExp | null]>([
    ['does not start', {with: {refused: 'it says so'}}, /has no key: it does not start \(it says so\)/],
    [
      'moves keys to another database',
      {with: keys(1000, 500)},
      /1,000 of 1,000 keys, 500 of them in another/,
    ],
    ['leaves as much', {without: keys(600), with: keys(600)}, null],
    ['leaves more', {without: keys(600), with: keys(1000)}, null],
    ['starts where nothing did', {without: {refused: 'x'}, with: keys(0)}, null],
  ])('that %s', async (_, deploy, expected) => {
    const {said, fails} = await saidOf({deploys: [{...DEPLOY, ...deploy}]});
    expect(fails).toBe(expected !== null);
    if (expected) expect(said[0]).toMatch(expected);
  });

  test('is silenced in place, with a reason', async () => {
    const head = HEAD.replace(
      'appendonly',
      '# restore-drill-ignore lint/deploy-loses-keys: a cache\nappendonly',
    );
    const {fails, ignored} = await saidOf({deploys: [{...DEPLOY, with: keys(0)}]}, {head});
    expect({fails, ignored}).toEqual({fails: false, ignored: ['a cache']});
  });

  test.each<[string, ProvedDeploy['predicted'], boolean]>([
    ['as predicted', {keys: 1000}, false],
    ['with other keys than predicted', {keys: 600}, true],
    ['although no start was predicted', {refused: 'x'}, true],
  ])('%s', async (_, predicted, told) => {
    const {said, fails} = await saidOf({deploys: [{...DEPLOY, predicted}]});
    expect(said.map(text => text.split(':')[0])).toEqual(told ? ['predicted-otherwise warning null 2'] : []);
    expect(fails).toBe(false);
  });
});

describe('what the server refuses', () => {
  const refused = [{place: PLACE, complaint: 'bad directive'}];

  test('is worse where the base started', async () => {
    const {said, fails} = await saidOf({head: {...SIDE, refused}});
    expect(said).toEqual([
      'server-refuses error worse 2: redis:7.0 does not start with this line: bad directive',
    ]);
    expect(fails).toBe(true);
  });

  test('warns where the base was no better', async () => {
    const {said, fails} = await saidOf({head: {...SIDE, refused}, base: {...SIDE, refused}});
    expect(said).toEqual([expect.stringContaining('server-refuses warning same 2')]);
    expect(fails).toBe(false);
  });

  test('is an error by itself', async () => {
    const {fails} = await saidOf({head: {...SIDE, refused}, base: null}, {base: null});
    expect(fails).toBe(true);
  });

  test('is said once where reading has refused the line', async () => {
    const head = 'dir /data\nappendonly maybe\n';
    expect((await saidOf({head: {...SIDE, refused}}, {head})).said).toEqual([]);
  });

  test('as a whole is said of the configuration', async () => {
    const {said, fails} = await saidOf({head: null, headDied: 'out of file descriptors'});
    expect(said).toEqual([
      'server-refuses error worse 1: the server does not start with this configuration: out of file descriptors',
    ]);
    expect(fails).toBe(true);
  });
});

describe('what a killed process has lost', () => {
  const lost = (crash: Partial<Crash>) => saidOf({head: {...SIDE, crash: {...CRASH, ...crash}}});

  test('within the stated case and two seconds is as it should be', async () => {
    expect((await lost({lostSeconds: 62})).said).toEqual([]);
    expect((await lost({lostSeconds: 5000, statedSeconds: null})).said).toEqual([]);
  });

  test('beyond them is an error', async () => {
    const {said, fails} = await lost({lostSeconds: 62.1});
    expect(said).toEqual([
      expect.stringMatching(/^loss-beyond-worst-case error null 2: .*62.1 s .*than the 1 min/),
    ]);
    expect(fails).toBe(true);
  });

  test('proves nothing on a machine that stood still', async () => {
    const {said, fails} = await lost({lostSeconds: 62.1, stalledSeconds: 0.6});
    expect(said).toEqual([
      expect.stringContaining('not-proved note null 1: not proved: what a killed process'),
    ]);
    expect(fails).toBe(false);
  });
});

test('a value that lint read otherwise warns', async () => {
  const otherwise = [{name: 'save', read: '60 1', held: ''}];
  const {said} = await saidOf({head: {...SIDE, otherwise}});
  expect(said).toEqual([
    expect.stringMatching(/^read-otherwise warning null 3: redis:7.0 has save "", and lint had read 60 1/),
  ]);
});

test('what could not be proved is a note', async () => {
  const {said, fails} = await saidOf({notProved: ['BGSAVE failed']});
  expect({said, fails}).toEqual({said: ['not-proved note null 1: not proved: BGSAVE failed'], fails: false});
});

test.each([
  ['a list', ['save', '', 'dir', '/data']],
  ['an object, as the CLI writes it', {save: '', dir: '/data'} as never],
  ['lines, as the CLI of 6.0 writes them', 'save\n\ndir\n/data'],
])('CONFIG GET answers as %s', (_, reply) => {
  expect([...heldValues(reply)]).toEqual([
    ['save', ''],
    ['dir', '/data'],
  ]);
});
