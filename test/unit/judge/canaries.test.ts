import {describe, expect, test} from '@jest/globals';
import type {AskedCanary} from '../../../src/census/canaries.ts';
import {canaryId} from '../../../src/config/canary-id.ts';
import type {FoundCanary} from '../../../src/inspect/canaries/canary-schema.ts';
import {recordCanaries} from '../../../src/judge/canaries.ts';
import {type Evidence, judge} from '../../../src/judge/judge.ts';
import {aCensus, aLoad, anExpectations, anInspection, anUnpacked, aPolicy} from '../../builders.ts';

const A = 'aa'.repeat(20);
const B = 'bb'.repeat(20);
const SCORED = {'6.0': 'cc'.repeat(20), '7.0': 'dd'.repeat(20), '7.2': A};

const found = (overrides: Partial<FoundCanary> = {}): FoundCanary => ({
  present: true,
  type: 'hash',
  length: 12,
  byDialect: {'7.0': A, '7.2': A},
  ...overrides,
});
const asked = (hex = A, overrides: Partial<AskedCanary> = {}): AskedCanary => ({
  present: true,
  digest: {algorithm: 'redis-debug-digest', dialect: '7.0', hex},
  ...overrides,
});
const ID = canaryId({database: 0, key: Buffer.from('secret')});
const GONE = {present: false};

type Case = {ours?: FoundCanary; theirs?: AskedCanary; canary?: object; recorded?: boolean};

function judged({ours = found(), theirs = asked(), canary = {}, recorded = false}: Case) {
  const policy = {...aPolicy({canaries: [{key: 'secret', ...canary}]}), canaryIds: [ID]};
  const evidence: Evidence = {
    unpacked: anUnpacked(),
    inspection: anInspection({canaries: [ours]}),
    load: aLoad(),
    census: aCensus({canaries: [theirs]}),
  };
  const canaries = {[ID]: {type: 'hash' as const, length: 12, digest: A}};
  const verdict = judge(evidence, recorded ? anExpectations({canaries}) : null, policy);
  const finding = verdict.findings.find(({rule}) => rule.startsWith('expect/canary'))!;
  const line = verdict.ledger.find(({name}) => name.startsWith('canaries'))!;
  return {...verdict, finding, line};
}

describe('a canary', () => {
  test('of which nothing is asked has to be there', () => {
    const {outcome, finding} = judged({});
    expect(outcome).toBe('passed');
    expect(finding).toMatchObject({
      rule: 'expect/canary',
      status: 'pass',
      message: 'canary 1 is there (its value was not recorded)',
      origin: 'canaries.0',
    });
  });

  test('that is neither in the file nor on the server is missing, and the ledger balances', () => {
    const {outcome, finding, line} = judged({ours: GONE, theirs: {present: false, digest: null}});
    expect(outcome).toBe('failed');
    expect(finding).toMatchObject({rule: 'expect/canary-missing', message: 'canary 1 is not there'});
    expect(line.status).toBe('balanced');
  });

  test('that the file has and the server has not is missing, and the ledger does not balance', () => {
    const {finding, line} = judged({theirs: {present: false, digest: null}});
    expect(finding).toMatchObject({message: 'canary 1 is in the file, and not on the server'});
    expect(line).toMatchObject({
      status: 'unbalanced',
      left: {value: '1: there'},
      right: {value: '1: missing'},
    });
  });

  test.each([
    [{digest: A}, 'expect/canary'],
    [{digest: B}, 'expect/canary-changed'],
    [{type: 'hash', length: 12, digest: A}, 'expect/canary'],
    [{length: 11}, 'expect/canary-changed'],
    [{type: 'set', digest: A}, 'expect/canary-type'],
    [{digest: 'any', type: 'set'}, 'expect/canary-type'],
  ])('with %j in the config', (canary, rule) => {
    expect(judged({canary}).finding.rule).toBe(rule);
  });

  test.each(Object.entries(SCORED))('with a digest that was taken in the dialect %s', (_, digest) => {
    const {finding} = judged({
      ours: found({byDialect: SCORED}),
      theirs: asked(SCORED['7.0']),
      canary: {digest},
    });
    expect(finding.status).toBe('pass');
  });

  test('is held against what was recorded where the config says nothing', () => {
    expect(judged({recorded: true}).finding).toMatchObject({message: 'canary 1 is what it ought to be'});
    const changed = {ours: found({byDialect: {'7.0': B, '7.2': B}}), theirs: asked(B), recorded: true};
    expect(judged(changed).finding).toMatchObject({rule: 'expect/canary-changed', expected: A, actual: B});
    expect(judged({...changed, canary: {digest: 'any'}}).finding.status).toBe('pass');
    expect(judged({...changed, canary: {digest: B}}).finding.status).toBe('pass');
    expect(judged({ours: found({length: 13}), recorded: true}).finding.rule).toBe('expect/canary-changed');
    expect(judged({ours: found({type: 'set'}), recorded: true}).finding.rule).toBe('expect/canary-type');
  });

  test('whose digest reader and server do not agree on breaks the ledger, whatever is expected', () => {
    const {outcome, line, findings} = judged({theirs: asked(B)});
    expect(outcome).toBe('failed');
    expect(line.status).toBe('unbalanced');
    expect(findings[0]).toMatchObject({rule: 'ledger/canaries', status: 'fail'});
  });

  test('on a server without DEBUG is proved by our reader, which is said', () => {
    const theirs = {present: true, digest: null, because: 'the server does not answer DEBUG DIGEST-VALUE'};
    const {outcome, finding, line} = judged({theirs, canary: {digest: A}});
    expect(outcome).toBe('passed');
    expect(finding.message).toMatch(/by our reader alone: the server does not answer DEBUG/);
    expect(line).toMatchObject({status: 'balanced', left: {value: '1: there'}});
  });

  test('that the server was not even able to tell of is not missing', () => {
    expect(judged({theirs: {present: null, digest: null, because: 'it said nothing'}}).outcome).toBe(
      'passed',
    );
  });

  test('with a hash field that expired meanwhile is compared by being there, on Valkey', () => {
    const valkey = {algorithm: 'redis-debug-digest', dialect: 'valkey-9.0', hex: B} as const;
    const ours = found({byDialect: {'7.2': A, 'valkey-9.0': A}, validUntilMs: 0});
    expect(judged({ours, theirs: asked(B, {digest: valkey})}).line).toMatchObject({
      status: 'balanced',
      left: {value: '1: there'},
    });
  });

  describe('that is a module’s', () => {
    const ours: FoundCanary = {
      present: true,
      type: 'module',
      digestBecause: 'only its module can digest the value',
    };

    test('is there, of its type, and not compared by value', () => {
      const {outcome, line} = judged({ours, canary: {type: 'module'}});
      expect(outcome).toBe('passed');
      expect(line).toMatchObject({status: 'balanced', left: {value: '1: there'}});
    });

    test('leaves a drill unproven that asks for its digest, and says why', () => {
      const {outcome, error, finding} = judged({ours, canary: {digest: A}});
      expect({outcome, code: error?.code}).toEqual({outcome: 'not-run', code: 'verdict/unproven'});
      expect(finding).toMatchObject({status: 'skipped', message: expect.stringMatching(/only its module/)});
    });
  });

  test('whose length is asked for and not known is not taken for right', () => {
    const ours = {
      present: true,
      type: 'module',
      digestBecause: 'only its module can digest the value',
    } as const;
    const {outcome, finding} = judged({ours, canary: {length: 12}});
    expect(outcome).toBe('not-run');
    expect(finding).toMatchObject({status: 'skipped', severity: 'error'});
  });

  test('of which the server says nothing at all balances with nothing', () => {
    const theirs = {present: null, digest: null, because: 'no answer'};
    expect(judged({theirs}).line).toMatchObject({status: 'skipped'});
  });

  test('that was recorded, and that the config no longer names, is said not to be looked for', () => {
    const evidence = {inspection: anInspection(), load: aLoad(), census: aCensus(), unpacked: anUnpacked()};
    const canaries = {[ID]: {type: 'hash' as const, digest: A}};
    const {findings} = judge(evidence, anExpectations({canaries}), aPolicy());
    const finding = findings.find(({rule}) => rule === 'expect/canary');
    expect(finding).toMatchObject({
      status: 'skipped',
      severity: 'note',
      message: expect.stringMatching(/: 1,/),
    });
  });

  test('that nobody has looked for leaves the drill unproven', () => {
    const evidence = {inspection: anInspection(), load: aLoad(), census: aCensus(), unpacked: anUnpacked()};
    const {outcome} = judge(evidence, null, aPolicy({canaries: [{key: 'secret'}]}));
    expect(outcome).toBe('not-run');
  });
});

describe('what is recorded of canaries', () => {
  test('type, length and canonical digest, under a hash of database and key', () => {
    expect(recordCanaries([ID], [found({byDialect: SCORED})])).toEqual({
      [ID]: {type: 'hash', length: 12, digest: A},
    });
    const key = Buffer.from('secret');
    expect(canaryId({key, database: 3})).not.toBe(canaryId({key, database: 0}));
  });

  test('nothing of one that is missing, and no digest of a module’s', () => {
    expect(recordCanaries([ID], [GONE])).toEqual({});
    expect(recordCanaries([ID], [{present: true, type: 'module'}])).toEqual({[ID]: {type: 'module'}});
  });
});

describe('in a config a canary’s', () => {
  const parsed = (canary: object) => aPolicy({canaries: [canary]}).canaries![0]!;

  test('key is text or any bytes', () => {
    expect(parsed({key: 'é'}).key).toEqual(Buffer.from('é'));
    expect(parsed({key: {base64: 'AP8='}}).key).toEqual(Buffer.from([0, 255]));
    expect(parsed({key: 'k'}).database).toBe(0);
  });

  test.each([
    [{key: 'k'.repeat(5000)}],
    [{key: {base64: 'not base 64'}}],
    [{key: 7}],
    [{}],
    [{key: 'k', digest: 'abc'}],
    [{key: 'k', type: 'lists'}],
    [{key: 'k', length: -1}],
    [{key: 'k', value: 'v'}],
  ])('form is checked: %j', canary => {
    expect(() => parsed(canary)).toThrow();
  });
});
