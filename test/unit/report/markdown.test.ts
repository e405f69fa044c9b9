import {describe, expect, test} from '@jest/globals';
import {renderMarkdown} from '../../../src/report/markdown.ts';
import {aFinding, aLoad, anInspection, aReport, aServer} from '../../builders.ts';
import {rendered, tableOf, textsOf} from './rendered.ts';

const WHOLE = 1024 * 1024;
const DOCS = 'https://docs.example/v1';
type Overrides = Parameters<typeof aReport>[0];
type Findings = ReturnType<typeof aReport>['findings'];

const summary = (overrides: Overrides = {}, docsUrl?: string): string =>
  renderMarkdown(aReport(overrides), {maxBytes: WHOLE, docsUrl});
const failing = (...findings: Findings): Overrides => ({outcome: 'failed', findings});
const failure = (overrides: Parameters<typeof aFinding>[0] = {}) =>
  aFinding({status: 'fail', message: 'keys are gone', hint: 'Look for them.', ...overrides});

const linkTargets = (markdown: string): string[] =>
  rendered(markdown)
    .elements.filter(({tag}) => tag === 'a')
    .map(({attributes}) => attributes.replace(/^href="|"$/g, ''));

const NOTHING = {backup: null, inspection: null, server: null, load: null, census: null, ledger: []};
const notRun = (error: NonNullable<ReturnType<typeof aReport>['error']>): Overrides => ({
  ...NOTHING,
  outcome: 'not-run',
  findings: [],
  error,
});

describe('a drill that passed', () => {
  const markdown = summary();

  test('says so in the heading', () => {
    expect(textsOf(markdown, 'h2')).toEqual([
      '✅ Passed · dump.rdb restores: redis:7.0 holds 3 keys in 1 database',
    ]);
  });

  test('says next how long it took, and how old the backup was', () => {
    expect(textsOf(markdown, 'p')[0]).toBe('Restored in 403 ms, from a backup that was 20 hours old.');
  });

  test('shows the backup, its writer, and the server and why it was taken', () => {
    expect(tableOf(markdown, 0)).toEqual([
      ['Backup', '/backups/dump.rdb, 1,234 bytes'],
      [
        'Written',
        '2025-01-02 03:04:05 UTC, 20 hours before the drill, by redis 7.0.15 (REDIS RDB version 10)',
      ],
      ['Server', 'container of redis:7.0 (redis 7.0.15): the backup was written by redis:7.0'],
    ]);
  });

  test('shows the ledger, with both counts and who counted', () => {
    expect(tableOf(markdown, 1)).toEqual([
      ['', 'Must agree', 'One count', 'The other'],
      [
        '=',
        'keys loaded = sum of keys over databases',
        '3 / INFO persistence and the log',
        '3 / INFO keyspace',
      ],
    ]);
  });

  test('folds up what passed, hashes and timings', () => {
    expect(textsOf(markdown, 'summary')).toEqual(['1 check passed', 'Hashes and timings']);
    expect(textsOf(markdown, 'li')).toEqual(['the server loaded the dump (restore/loaded)']);
    expect(tableOf(markdown, 2)).toEqual([
      ['What', 'Value'],
      ['SHA-256', 'ab'.repeat(32)],
      ['DEBUG DIGEST', '0123456789abcdef0123456789abcdef01234567 (dialect 7.0)'],
      ['Fetch', '1 ms'],
      ['Unpack and hash', '2 ms'],
      ['Inspect', '3 ms'],
      ['Start and load', '400 ms'],
      ['Load, by the server’s own word', '1 ms'],
      ['Verify', '5 ms'],
      ['Total', '1,411 ms'],
    ]);
  });

  test('has nothing to do, and nothing that is wrong', () => {
    expect(markdown).not.toMatch(/What to do|wrong|left out/);
  });
});

describe('a drill that failed', () => {
  const findings = [
    failure({
      rule: 'expect/keys-dropped',
      expected: 1000,
      actual: 800,
      origin: 'expectations: dataset.keys',
    }),
    failure({
      rule: 'expect/digest',
      message: 'another digest',
      expected: 'a'.repeat(40),
      actual: 'b'.repeat(40),
    }),
    failure({rule: 'backup/checksum-absent', severity: 'warning', message: 'unproven', hint: 'Set `it`.'}),
    aFinding({rule: 'expect/types', status: 'skipped', message: 'not compared', hint: 'Record anew.'}),
    aFinding({rule: 'ledger/digest', status: 'skipped', message: 'not drawn', origin: 'ledger'}),
    aFinding(),
  ];
  const markdown = summary(failing(...findings), DOCS);

  test('says in the heading what is worst, and how much more there is', () => {
    expect(textsOf(markdown, 'h2')).toEqual(['❌ Failed · dump.rdb: keys are gone (and 1 more)']);
  });

  test('says next that the restore worked, where it did', () => {
    const next = 'The backup loads and its ledger balances, but what came back is not what was expected.';
    expect(textsOf(markdown, 'p')[0]).toBe(next);
    expect(summary(failing(failure({rule: 'restore/evicted'}), ...findings))).not.toContain(next);
    expect(summary({...failing(...findings), ledger: []})).not.toContain(next);
  });

  test('says each thing to do once, with the rules that ask for it', () => {
    expect(textsOf(markdown, 'li').slice(0, 2)).toEqual([
      'Look for them. (expect/keys-dropped, expect/digest)',
      'Set it. (backup/checksum-absent)',
    ]);
    expect(markdown).toContain('Set `it`.');
  });

  test('says a single thing to do in a sentence', () => {
    expect(textsOf(summary(failing(failure())), 'p')).toContain('What to do: Look for them.');
  });

  test('shows each failure worst first, with what was expected, what was found, rule and origin', () => {
    expect(tableOf(markdown, 0)).toEqual([
      ['', 'What is wrong', 'Expected', 'Found'],
      ['❌', 'keys are gone / expect/keys-dropped · expectations: dataset.keys', '1,000', '800'],
      ['❌', 'another digest / expect/digest · restore', 'aaaaaaaaaaaa…', 'bbbbbbbbbbbb…'],
      ['⚠️', 'unproven / backup/checksum-absent · restore', '', ''],
    ]);
  });

  test('has no columns for numbers where there are none', () => {
    expect(tableOf(summary(failing(failure({origin: ''}))), 0)).toEqual([
      ['', 'What is wrong'],
      ['❌', 'keys are gone / restore/loaded'],
    ]);
  });

  test('shows what could not be checked, the ledger’s own lines in the ledger only', () => {
    expect(tableOf(markdown, 3)).toEqual([
      ['', 'Not checked'],
      ['–', 'not compared / Record anew. / expect/types · restore'],
    ]);
    expect(markdown).not.toContain('not drawn');
  });

  test('folds the ledger up when it balances', () => {
    expect(textsOf(markdown, 'summary')[0]).toBe('The ledger balances: 1 line');
  });

  test('links each rule to its heading, when it knows where that is', () => {
    expect(linkTargets(markdown)).toContain(`${DOCS}/rules.md#expectkeys-dropped`);
    expect(linkTargets(summary(failing(...findings)))).toEqual([]);
    expect(summary(failing(...findings))).toContain('`expect/keys-dropped`');
  });

  test('shows the ledger when it does not balance, and why a line was skipped', () => {
    const side = (source: string, value: number | null) => ({source, value});
    const name = 'keys = keys';
    const text = summary({
      ...failing(failure()),
      ledger: [
        {name, left: side('reader', 1200), right: side('INFO', 1199), status: 'unbalanced'},
        {name, left: side('reader', null), right: side('INFO', 7), status: 'skipped', because: 'too old'},
      ],
    });
    expect(textsOf(text, 'h3')).toEqual(['The ledger: counted twice, by different code']);
    expect(tableOf(text, 2).slice(1)).toEqual([
      ['❌\u00a0≠', name, '1,200 / reader', '1,199 / INFO'],
      ['–', `${name} / skipped: too old`, '– / reader', '7 / INFO'],
    ]);
  });

  test('without a server says that there was none', () => {
    const error = {code: 'server/unavailable', message: 'no server', hint: 'Start one.'} as const;
    const text = summary({...failing(failure()), error}, DOCS);
    expect(textsOf(text, 'p')[0]).toBe(
      'The drill was not held to its end (server/unavailable), but what it found out is enough: no server',
    );
    expect(linkTargets(text)).toContain(`${DOCS}/troubleshooting.md#serverunavailable`);
  });

  test('for want of a backup has a summary too', () => {
    const text = summary({...NOTHING, ...failing(failure({message: 'there is no file x'}))});
    expect(textsOf(text, 'h2')).toEqual(['❌ Failed · the backup: there is no file x']);
    expect(text).not.toMatch(/Backup|Hashes|Ledger/);
  });
});

describe('a drill that was not held', () => {
  const error = {code: 'server/unavailable', message: 'no server', hint: 'Start Docker.'} as const;

  test('says why, that this is no verdict, and what to do', () => {
    const markdown = summary(notRun(error), DOCS);
    expect(textsOf(markdown, 'h2')).toEqual(['⚠️ Not run · no server']);
    expect(textsOf(markdown, 'p')).toEqual([
      'There is no verdict (server/unavailable): this is neither a pass nor a failure of the backup.',
      'What to do: Start Docker.',
    ]);
    expect(linkTargets(markdown)).toEqual([`${DOCS}/troubleshooting.md#serverunavailable`]);
  });

  test('for a wrong config lists every problem and where it is', () => {
    const problems = [
      {origin: 'restore-drill.yml:3', message: '1. name: too short'},
      {origin: '', message: '- nothing is right'},
    ];
    const markdown = summary(notRun({...error, code: 'config/invalid', message: '2 problems: …', problems}));
    expect(textsOf(markdown, 'h2')).toEqual(['⚠️ Not run · 2 problems']);
    expect(textsOf(markdown, 'li')).toEqual([
      'restore-drill.yml:3: 1. name: too short',
      '- nothing is right',
    ]);
    expect(rendered(markdown).elements.filter(({tag}) => /^[ou]l$/.test(tag))).toHaveLength(1);
  });

  test('for a single problem says it in the heading', () => {
    const problems = [{origin: 'restore-drill.yml:3', message: 'name: too short'}];
    const markdown = summary(notRun({...error, code: 'config/invalid', message: 'x', problems}));
    expect(textsOf(markdown, 'h2')).toEqual(['⚠️ Not run · restore-drill.yml:3: name: too short']);
    expect(textsOf(markdown, 'li')).toEqual([]);
  });

  test('shows a message that is too long for a heading below it', () => {
    const message = `no server ${'to restore into '.repeat(20)}at all`;
    const markdown = summary(notRun({...error, message}));
    expect(textsOf(markdown, 'h2')[0]).toMatch(/^⚠️ Not run · no server to .* (to|restore|into)…$/);
    expect(textsOf(markdown, 'p')[0]).toBe(message);
  });

  test('for a bug of ours has the stack, folded up', () => {
    const stack = 'TypeError: x\n\n    at </pre> <b> (a.js:1:2)';
    const markdown = summary(notRun({...error, code: 'bug/internal', stack}));
    expect(textsOf(markdown, 'summary')).toEqual(['Stack trace, for the report of the bug']);
    expect(textsOf(markdown, 'pre')).toEqual([stack]);
  });
});

test('a backup that does not say when it was written was stored at some time', () => {
  const inspection = anInspection({createdAt: null, producer: {product: 'unknown', version: null}});
  expect(tableOf(summary({inspection}), 0).slice(1, 3)).toEqual([
    ['Written', 'at an unknown time, by unknown (REDIS RDB version 10)'],
    ['Stored', '2025-01-02 03:04:06 UTC, 20 hours before the drill'],
  ]);
  const none = anInspection({magic: null, rdbVersion: null, createdAt: null});
  const text = summary({...failing(failure()), inspection: none, load: aLoad({status: 'refused'})});
  expect(tableOf(text, 1)[1]).toEqual(['Stored', '2025-01-02 03:04:06 UTC, 20 hours before the drill']);
});

test('a local server is named by its program', () => {
  const server = aServer({kind: 'process', binary: '/usr/bin/redis-server', version: null});
  expect(tableOf(summary({server}), 0)[2]![1]).toMatch(/^process \/usr\/bin\/redis-server: /);
});

test('of a packed backup both hashes are shown', () => {
  const sha256 = {artifact: 'a'.repeat(64), plain: 'b'.repeat(64)};
  const rows = tableOf(summary({backup: {...aReport().backup!, sha256}}), 2);
  expect(rows).toEqual(expect.arrayContaining([['SHA-256, unpacked', 'b'.repeat(64)]]));
});

test('an address with odd characters breaks no table', () => {
  const markdown = summary(failing(failure()), 'https://docs.example/a|b (c)');
  expect(tableOf(markdown, 0)[1]).toHaveLength(2);
  expect(linkTargets(markdown)[0]).toBe('https://docs.example/a%7Cb%20(c)/rules.md#restoreloaded');
});
