/** A lint report as JUnit XML, read back by a parser that takes nothing but XML (libxml2). */
import {describe, expect, test} from '@jest/globals';
import {XmlDocument, XmlElement} from 'libxml2-wasm';
import type {Linted} from '../../../src/lint/lint.ts';
import {lintJunit} from '../../../src/lint/report/junit.ts';
import {printable} from '../../../src/report/printable.ts';
import {fc} from '../../property.ts';
import {aFinding, lintedOf} from './linted.ts';

type Read = {name: string; attributes: Record<string, string>; text: string; inner: Read[]};

function elementOf(element: XmlElement): Read {
  const inner: Read[] = [];
  for (let node = element.firstChild; node !== null; node = node.next)
    if (node instanceof XmlElement) inner.push(elementOf(node));
  const attributes = Object.fromEntries(element.attrs.map(({name, value}) => [name, value]));
  return {name: element.name, attributes, text: element.content, inner};
}

/** Throws for what is not well-formed. */
function read(linted: Linted): {whole: Read; suites: Read[]; tests: Read[]} {
  const document = XmlDocument.fromString(lintJunit(linted));
  const whole = elementOf(document.root);
  document.dispose();
  return {whole, suites: whole.inner, tests: whole.inner.flatMap(({inner}) => inner)};
}

const BEFORE = 'appendonly yes\nsave 900 1\n';
const AFTER = `appendonly no
save 900 1
# restore-drill-ignore lint/checksum-off: the volume has <checksums> & "more"
rdbchecksum no
`;

describe('a suite for each file, in it', () => {
  test('an error fails, with its place, what to do and its rule', async () => {
    const linted = await lintedOf({'deploy/redis.conf': AFTER}, {'deploy/redis.conf': BEFORE});
    const {whole, suites, tests} = read(linted);
    expect(whole).toMatchObject({name: 'testsuites', attributes: {tests: '3', failures: '2', errors: '0'}});
    expect(suites[0]!.attributes).toMatchObject({tests: '3', failures: '2', skipped: '1'});
    const message = 'worst-case loss goes from 1 s to 15 min if the machine dies (save 900 1)';
    expect(tests[0]).toMatchObject({
      name: 'testcase',
      attributes: {
        classname: 'deploy/redis.conf',
        name: `lint/worst-case-loss: ${message}`,
        file: 'deploy/redis.conf',
        line: '1',
      },
      inner: [{name: 'failure', attributes: {type: 'lint/worst-case-loss', message}}],
    });
    expect(tests[0]!.inner[0]!.text).toMatch(/^deploy\/redis\.conf:1:1: worst-case loss.*\nHINT: /);
  });

  test('what is ignored is skipped, with its reason, also where only text is read', async () => {
    const {tests} = read(await lintedOf({'redis.conf': AFTER}));
    const reason = 'ignored: the volume has <checksums> & "more"';
    expect(tests.filter(({inner}) => inner[0]?.name === 'skipped')).toMatchObject([
      {attributes: {line: '4'}, inner: [{attributes: {message: reason}, text: reason}]},
    ]);
  });

  test('a warning or a note passes, as the exit code does, and is told', async () => {
    const {whole, tests} = read(await lintedOf({'redis.conf': 'rdbchecksum no\nsave 900 1\n'}));
    expect(whole.attributes).toMatchObject({failures: '0', errors: '0'});
    const warned = tests.find(({attributes}) => attributes.name!.startsWith('lint/checksum-off: '));
    expect(warned!.inner).toMatchObject([
      {name: 'system-out', text: expect.stringMatching(/^warning\nredis\.conf:1:1: /)},
    ]);
  });

  test('a configuration that breaks nothing passes, so that green is not empty', async () => {
    const {suites, tests} = read(await lintedOf({'a/redis.conf': BEFORE, 'b/redis.conf': BEFORE}));
    expect(suites.map(({attributes}) => attributes)).toMatchObject([
      {name: 'a/redis.conf', tests: '1', failures: '0'},
      {name: 'b/redis.conf', tests: '1', failures: '0'},
    ]);
    expect(tests.map(({inner}) => inner[0]!.text)).toEqual([
      expect.stringContaining('worst-case loss if the machine dies: 1 s'),
      expect.stringContaining('worst-case loss if the machine dies: 1 s'),
    ]);
  });

  test('one whose include breaks a rule does not pass', async () => {
    const linted = await lintedOf({'redis.conf': BEFORE});
    const [summary] = linted.summaries;
    summary!.head.configuration.files.push('limits.conf');
    const finding = aFinding({severity: 'error', place: {file: 'limits.conf', line: 1, column: 1}});
    const {suites} = read({...linted, findings: [finding]});
    expect(suites.map(({attributes}) => attributes.name)).toEqual(['limits.conf']);
  });

  test('scripts that nothing speaks against are a test that passes', async () => {
    const linted = await lintedOf({'backup.sh': '#!/bin/sh\nredis-cli --rdb /backup/dump.rdb\n'});
    expect(linted).toMatchObject({findings: [], summaries: []});
    expect(read(linted).whole.attributes).toMatchObject({tests: '1', failures: '0'});
  });
});

test('no two tests of a file have one name: GitLab takes the first only', () => {
  const at = (line: number) => aFinding({place: {file: 'redis.conf', line, column: 1}});
  const long = aFinding({message: 'x'.repeat(5000)});
  const {tests} = read({
    findings: [at(1), at(2), at(3), long, long],
    summaries: [],
    compared: false,
    read: [],
  });
  const names = tests.map(({attributes}) => attributes.name!);
  expect(new Set(names).size).toBe(5);
  expect(names[1]).toMatch(/ \(2\)$/);
  expect(Math.max(...names.map(({length}) => length))).toBeLessThan(220);
});

/** As printable writes it, and as XML has to: two characters have no place in it. */
const asRead = (text: string): string =>
  printable(text).replaceAll('\ufffe', '\\ufffe').replaceAll('\uffff', '\\uffff');

test('whatever a file, a message or a reason holds, it is XML, and reads back as it is printed elsewhere', () => {
  const odd = fc.constantFrom(
    ...'\0\b\t\n\r\x1b\x7f\x85\u2028\ud800\udc00\ufffe\uffff<>&"\'',
    ']]>',
    '<!--',
    '😀',
  );
  const text = fc.string({unit: fc.oneof(odd, fc.string({unit: 'binary', maxLength: 3})), maxLength: 20});
  fc.assert(
    fc.property(text, text, fc.option(text), (file, message, suppressed) => {
      const place = {file: `deploy/${file}`, line: 1, column: 1};
      const finding = aFinding({severity: 'error', place, message, fix: ''});
      const told = suppressed === null ? finding : {...finding, suppressed};
      const {tests, suites} = read({findings: [told], summaries: [], compared: false, read: []});
      expect(suites[0]!.attributes.name).toBe(asRead(place.file));
      expect(tests[0]!.attributes.file).toBe(asRead(place.file));
      const [said] = tests[0]!.inner;
      expect(said!.attributes.message).toBe(asRead(suppressed === null ? message : `ignored: ${suppressed}`));
    }),
    {numRuns: 500},
  );
});
