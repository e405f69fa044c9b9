import {describe, expect, test} from '@jest/globals';
import {drawLedger} from '../../../src/judge/ledger.ts';
import {aCensus, aDataset, aDigest, aLoad, anInspection} from '../../builders.ts';

type Books = Parameters<typeof drawLedger>[0];

const draw = (books: Partial<Books> = {}) =>
  drawLedger({inspection: anInspection(), load: aLoad(), census: aCensus(), ...books});

/** Status of the finding of each rule. */
const statuses = (books: Partial<Books> = {}) =>
  Object.fromEntries(draw(books).findings.map(({rule, status}) => [rule, status]));

test('a healthy restore balances in every line that can be drawn', () => {
  expect(statuses()).toEqual({
    'ledger/keys-loaded': 'pass',
    'ledger/keys-in-databases': 'pass',
    'ledger/databases': 'pass',
    'ledger/expires': 'pass',
    'ledger/functions': 'pass',
    'ledger/digest': 'pass',
  });
});

test('each line has a finding, and says the same', () => {
  const books = {census: aCensus({keys: 2}), load: aLoad({keysLoaded: null})};
  const {ledger, findings} = draw(books);
  const word = {balanced: 'pass', unbalanced: 'fail', skipped: 'skipped'} as const;
  expect(findings.map(({status}) => status)).toEqual(ledger.map(({status}) => word[status]));
});

describe('keys in the file = keys loaded + keys expired + empty keys skipped', () => {
  const ofFile = (keys: number) => anInspection({dataset: aDataset({keys})});

  test('a server that loaded fewer keys than the file holds does not balance', () => {
    expect(statuses({load: aLoad({keysLoaded: 2})})['ledger/keys-loaded']).toBe('fail');
  });

  test('a server that loaded more does not either', () => {
    expect(statuses({load: aLoad({keysLoaded: 4})})['ledger/keys-loaded']).toBe('fail');
  });

  test('keys that expired while loading are in the file all the same', () => {
    const load = aLoad({keysLoaded: 3, keysExpired: 2});
    expect(statuses({inspection: ofFile(5), load})['ledger/keys-loaded']).toBe('pass');
  });

  test('empty keys that the server skipped are in the file all the same', () => {
    const load = aLoad({keysLoaded: 3, emptyKeysSkipped: 2});
    expect(statuses({inspection: ofFile(5), load})['ledger/keys-loaded']).toBe('pass');
  });

  test('is skipped, with the reason, where the server counts nothing (6.0)', () => {
    const {ledger} = draw({load: aLoad({keysLoaded: null, keysExpired: null, emptyKeysSkipped: null})});
    expect(ledger[0]).toMatchObject({status: 'skipped', because: expect.stringContaining('before 6.2')});
  });
});

describe('keys loaded = sum of keys over databases', () => {
  test('keys that were loaded and are not there do not balance', () => {
    const {findings} = draw({census: aCensus({keys: 1})});
    expect(findings.find(({rule}) => rule === 'ledger/keys-in-databases')).toMatchObject({
      status: 'fail',
      severity: 'error',
      expected: 3,
      actual: 1,
    });
  });

  test('where the server counts nothing, the file stands in, and the line says so', () => {
    const line = draw({load: aLoad({keysLoaded: null})}).ledger[1];
    expect(line).toMatchObject({
      name: 'keys in the file = sum of keys over databases',
      left: {source: 'our reader', value: 3},
      status: 'balanced',
    });
  });

  test('and a loss is still seen there', () => {
    const books = {load: aLoad({keysLoaded: null}), census: aCensus({keys: 2})};
    expect(statuses(books)['ledger/keys-in-databases']).toBe('fail');
  });
});

describe('database by database', () => {
  const inDatabases = (databases: Record<string, {keys: number; expires: number}>) => ({
    inspection: anInspection({dataset: aDataset({databases})}),
    census: aCensus({databases}),
    load: aLoad({keysLoaded: 3}),
  });
  const two = {'0': {keys: 1, expires: 1}, '12': {keys: 2, expires: 0}};

  test('several databases balance', () => {
    expect(statuses(inDatabases(two))).toMatchObject({'ledger/databases': 'pass', 'ledger/expires': 'pass'});
  });

  test('the same keys in other databases do not', () => {
    const census = aCensus({databases: {'0': {keys: 2, expires: 1}, '12': {keys: 1, expires: 0}}});
    const found = statuses({...inDatabases(two), census});
    expect(found).toMatchObject({'ledger/keys-in-databases': 'pass', 'ledger/databases': 'fail'});
  });

  test('an expiry that was lost does not balance', () => {
    const census = aCensus({databases: {'0': {keys: 1, expires: 0}, '12': {keys: 2, expires: 0}}});
    const found = statuses({...inDatabases(two), census});
    expect(found).toMatchObject({'ledger/databases': 'pass', 'ledger/expires': 'fail'});
  });

  test('a database that one side names with no keys in it is no difference', () => {
    const census = aCensus({databases: {...two, '5': {keys: 0, expires: 0}}});
    expect(statuses({...inDatabases(two), census})['ledger/databases']).toBe('pass');
  });

  test('cannot be drawn where the server skipped empty keys, which it does not place', () => {
    const load = aLoad({keysLoaded: 2, emptyKeysSkipped: 1});
    const found = statuses({load, census: aCensus({keys: 2})});
    expect(found).toMatchObject({
      'ledger/keys-loaded': 'pass',
      'ledger/keys-in-databases': 'pass',
      'ledger/databases': 'skipped',
      'ledger/expires': 'skipped',
    });
  });
});

describe('functions in the file = function libraries', () => {
  const withFunctions = (functions: number) => anInspection({dataset: aDataset({functions})});

  test('a library that did not come back does not balance', () => {
    const books = {inspection: withFunctions(2), census: aCensus({functions: 1})};
    expect(statuses(books)['ledger/functions']).toBe('fail');
  });

  test('a server without functions loses those of the file', () => {
    const books = {inspection: withFunctions(1), census: aCensus({functions: null})};
    expect(statuses(books)['ledger/functions']).toBe('fail');
  });

  test('is skipped where neither knows functions', () => {
    expect(statuses({census: aCensus({functions: null})})['ledger/functions']).toBe('skipped');
  });
});

test('an unbalanced line names both sources and both numbers', () => {
  const {findings} = draw({load: aLoad({keysLoaded: 2})});
  expect(findings[0]!.message).toContain('our reader counts 3, INFO persistence and the log 2');
});

describe('digest of the file = DEBUG DIGEST', () => {
  const hex = 'a'.repeat(40);
  const other = 'b'.repeat(40);
  const line = (books: Partial<Books>) => draw(books).ledger.at(-1)!;
  const ours = (byDialect: Record<string, string>, validUntilMs?: number) =>
    anInspection({digests: {byDialect, ...(validUntilMs && {validUntilMs})}});

  test('is drawn in the dialect of the server at hand', () => {
    const inspection = ours({'7.0': other, '7.4': hex});
    const books = {inspection, census: aCensus({digest: aDigest(hex, '7.4')})};
    expect(line(books)).toMatchObject({left: {value: hex}, right: {value: hex}, status: 'balanced'});
    expect(line({inspection, census: aCensus({digest: aDigest(hex, '7.0')})}).status).toBe('unbalanced');
  });

  test('that does not balance fails, though every count agrees', () => {
    const books = {inspection: ours({'7.0': other}), census: aCensus({digest: aDigest(hex)})};
    expect(draw(books).findings.filter(({status}) => status === 'fail')).toMatchObject([
      {rule: 'ledger/digest', severity: 'error', expected: other, actual: hex},
    ]);
  });

  const because = (books: Partial<Books>) => {
    const {status, because} = line(books);
    return status === 'skipped' ? because : status;
  };

  test('is skipped, with the reason, where one of the two does not exist', () => {
    const noDebug = aCensus({digest: null, digestBecause: 'the server does not allow DEBUG'});
    expect(because({census: noDebug})).toBe('the server does not allow DEBUG');
    const {digests: _, ...without} = anInspection();
    expect(because({inspection: {...without, digestBecause: 'values of the module type X'}})).toContain(
      'module type X',
    );
    expect(because({inspection: without})).toContain('values were not read');
    expect(because({inspection: ours({'7.2': hex})})).toContain('dialect 7.0');
  });

  test('is skipped where the server holds other keys than the file, and the counts have said so', () => {
    const expired = aLoad({keysExpired: 1});
    expect(because({load: expired})).toContain('time had passed');
    const silent = aLoad({keysLoaded: null, keysExpired: null, emptyKeysSkipped: null});
    expect(because({inspection: anInspection({emptyKeys: 1}), load: silent})).toContain('empty keys');
    expect(because({load: silent})).toBe('balanced');
  });

  test('is skipped where a hash field expired on Valkey between our reading and its digest', () => {
    const inspection = ours({'valkey-9.0': hex}, 5000);
    const at = (digestAtMs: number) => aCensus({digest: aDigest(hex, 'valkey-9.0'), digestAtMs});
    expect(because({inspection, census: at(4999)})).toBe('balanced');
    expect(because({inspection, census: at(5000)})).toContain('expired during the drill');
  });
});
