/** A lint report in SARIF, held against the schema of SARIF 2.1.0, as code scanning shows it. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import Ajv from 'ajv';
import type {LintFinding} from '../../../src/lint/finding.ts';
import type {Linted} from '../../../src/lint/lint.ts';
import {lintSarif} from '../../../src/lint/report/sarif.ts';
import {RULE_TEXTS} from '../../../src/lint/rules/rule-texts.ts';
import {fc} from '../../property.ts';
import {ROOT} from '../../servers.ts';
import {aFinding, lintedOf} from './linted.ts';

type Log = {
  runs: {
    tool: {driver: {rules: Rule[]}};
    results: {ruleId: string; ruleIndex: number; message: {text: string}; locations: Location[]}[];
  }[];
};
type Rule = {id: string; shortDescription: {text: string}; help: {text: string}; helpUri?: string};
type Location = {physicalLocation: {artifactLocation: {uri: string}}};

/** The schema is written in draft 4 of JSON Schema. */
const readJson = (path: string) => JSON.parse(readFileSync(join(ROOT, 'node_modules', path), 'utf8'));
const ajv = new Ajv({schemaId: 'id', meta: false, allErrors: true, format: 'full'});
ajv.addMetaSchema(readJson('ajv/lib/refs/json-schema-draft-04.json'));
const SCHEMA = '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json';
const validate = ajv.compile(readJson(SCHEMA));

/** Throws where it does not fit the schema. */
function sarif(linted: Linted, docsUrl?: string) {
  const log = JSON.parse(JSON.stringify(lintSarif(linted, {docsUrl}))) as Log;
  validate(log);
  expect(validate.errors ?? []).toEqual([]);
  const [run] = log.runs;
  return {rules: run!.tool.driver.rules, results: run!.results};
}

const of = (...findings: LintFinding[]): Linted => ({findings, summaries: [], compared: false, read: []});
const inFile = (file: string) => aFinding({place: {file, line: 1, column: 1}});
const uriOf = (file: string) =>
  sarif(of(inFile(file))).results[0]!.locations[0]!.physicalLocation.artifactLocation.uri;

test('the schema refuses what is no SARIF', () => {
  expect(validate({version: '2.1.0', runs: [{tool: {driver: {}}}]})).toBe(false);
  const [run] = (lintSarif(of(inFile('a b.conf'))) as Log).runs;
  run!.results[0]!.locations[0]!.physicalLocation.artifactLocation.uri = 'a b.conf';
  expect(validate({version: '2.1.0', runs: [run]})).toBe(false);
});

describe('it fits the schema', () => {
  const BEFORE = 'appendonly yes\nsave 900 1\n';
  const AFTER = 'appendonly no\nsave 900 1\n# restore-drill-ignore lint/checksum-off: sums\nrdbchecksum no\n';

  test.each([
    ['without a base', AFTER, undefined],
    ['with a base', AFTER, BEFORE],
    ['where all got better', BEFORE, AFTER],
    ['where nothing is to be said', BEFORE, BEFORE],
  ])('%s', async (_what, head, base) => {
    const linted = await lintedOf({'redis.conf': head}, base === undefined ? base : {'redis.conf': base});
    sarif(linted);
    sarif(linted, 'https://github.com/OWNER/redis-restore-drill/blob/v0/docs');
  });

  test('whichever rule it is of, in every severity and direction', () => {
    const rules = Object.keys(RULE_TEXTS);
    const all = rules.flatMap(rule =>
      (['error', 'warning', 'note'] as const).flatMap(severity =>
        (['worse', 'same', null] as const).map(direction => aFinding({rule, severity, direction})),
      ),
    );
    for (const compared of [true, false])
      expect(sarif({...of(...all), compared}).results).toHaveLength(rules.length * 9);
  });

  test('whatever a file is called, and whatever a message says', () => {
    const odd = fc.string({unit: 'binary', minLength: 1});
    // Many at once: the rules, which are the same each time, take the most of it.
    const many = fc.array(fc.tuple(odd, odd), {minLength: 20, maxLength: 40});
    fc.assert(
      fc.property(many, texts => {
        const findings = texts.map(([name, message]) =>
          aFinding({place: {file: `conf/${name}`, line: 1, column: 1}, message}),
        );
        expect(sarif(of(...findings)).results).toHaveLength(texts.length);
      }),
      {numRuns: 15},
    );
  });
});

test.each([
  ['./deploy/redis.conf', 'deploy/redis.conf'],
  ['über uns/100 %.conf', '%C3%BCber%20uns/100%20%25.conf'],
  ['a#b?c.conf', 'a%23b%3Fc.conf'],
  ['file:odd.conf', 'file%3Aodd.conf'],
  ['/etc/redis/redis.conf', 'file:///etc/redis/redis.conf'],
])('%s is known as %s, and turns back', (file, uri) => {
  expect(uriOf(file)).toBe(uri);
  expect(decodeURIComponent(uri.replace('file://', ''))).toBe(file.replace('./', ''));
});

test('every rule brings its documentation along, whatever was found', async () => {
  const documented = [...readFileSync(join(ROOT, 'docs/lint.md'), 'utf8').matchAll(/^### (lint\/.*)$/gm)];
  const {rules} = sarif(of(), 'https://example.test/docs');
  expect(rules.map(({id}) => id)).toEqual(documented.map(([, id]) => id!).toSorted());
  for (const {id, shortDescription, help, helpUri} of rules) {
    expect({id, title: shortDescription.text, url: helpUri}).toEqual({
      id,
      title: expect.stringMatching(/^[A-Z][^.`]{5,60}$/),
      url: `https://example.test/docs/lint.md#${id.replace('/', '')}`,
    });
    expect(help.text).toMatch(/^[^`]+$/);
  }
});

test('a result names its rule by id and index', () => {
  const findings = ['lint/checksum-off', 'lint/of-tomorrow'].map(rule => aFinding({rule}));
  const {rules, results} = sarif(of(...findings));
  expect(results.map(({ruleIndex}) => rules[ruleIndex]!.id)).toEqual([
    'lint/checksum-off',
    'lint/of-tomorrow',
  ]);
});

test('code scanning opens an alert for every result: none for what is ignored or became better', () => {
  const {results} = sarif(
    of(
      aFinding({suppressed: 'the volume has checksums'}),
      aFinding({direction: 'better', severity: 'note'}),
      aFinding({message: 'stands'}),
    ),
  );
  expect(results.map(({message}) => message.text)).toEqual(['stands\nWrite rdbchecksum yes.']);
});

test('no more results than are taken, the worst of them', () => {
  const many = new Array(25_001).fill(aFinding({message: 'of many', fix: ''}));
  many[0] = aFinding({message: 'the worst', fix: ''});
  const [run] = (lintSarif(of(...many)) as Log).runs;
  expect(run!.results).toHaveLength(25_000);
  expect(run!.results[0]!.message.text).toBe('the worst');
});

test('what a configuration holds makes no link of a message', () => {
  const message = 'dir [here](https://evil.test) and [there](1)';
  const {results} = sarif(of(aFinding({message, fix: ''})));
  expect(results[0]!.message.text).toBe('dir [here\\](https://evil.test) and [there\\](1)');
});
