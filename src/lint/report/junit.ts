/**
 * A lint report as JUnit XML, for whatever shows results of tests. In: what lint found. Out: a suite for each file, in it a
 * test for each finding and for each configuration that breaks nothing: an error fails, what is ignored is skipped, and
 * all else passes, as the exit code has it. There is no standard: each reader takes a part of what is written here.
 */
import {printable} from '../../report/printable.ts';
import {xmlText} from '../../report/xml-text.ts';
import type {LintFinding} from '../finding.ts';
import {failing, type Linted, type Summary} from '../lint.ts';
import {placeText, plainPath, summaryRows} from './wording.ts';

type Attributes = Record<string, string | number>;
type Test = {name: string; line: number; outcome: 'passed' | 'failed' | 'skipped'; body: string};

/** Names are columns of tables. */
const MAX_NAME_CHARS = 200;

export function lintJunit(linted: Linted): string {
  const tests = testsOf(linted);
  const suites = [...tests].map(([file, some]) => suite(file, some));
  // Only suites count what was skipped, where anybody has written down what is allowed.
  const {skipped: _, ...counts} = countsOf([...tests.values()].flat());
  const whole = holding('testsuites', {name: 'restore-drill lint', ...counts}, suites);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${whole}`;
}

/** By file, in the order in which they are read. */
function testsOf(linted: Linted): Map<string, Test[]> {
  const {findings, summaries} = linted;
  const broken = new Set(failing(linted).map(({place}) => place.file));
  const tests = new Map<string, Test[]>();
  const add = (file: string, test: Test) => {
    const path = plainPath(file);
    if (!tests.get(path)?.push(test)) tests.set(path, [test]);
  };
  for (const summary of summaries) {
    const {file, head} = summary;
    if (![file, ...head.configuration.files].some(path => broken.has(path)))
      add(file, ofConfiguration(summary));
  }
  for (const finding of findings) add(finding.place.file, ofFinding(finding));
  // Scripts that nothing speaks against: a report without a test is taken for a broken one.
  if (tests.size === 0) add('.', {name: 'nothing to say', line: 1, outcome: 'passed', body: ''});
  return new Map([...tests].map(([file, some]) => [file, named(some)]));
}

/** GitLab knows a test by its name, and takes only the first of two. */
function named(tests: readonly Test[]): Test[] {
  const taken = new Map<string, number>();
  return tests.map(test => {
    const whole = printable(test.name);
    const short = whole.length > MAX_NAME_CHARS ? `${whole.slice(0, MAX_NAME_CHARS)}…` : whole;
    const nth = (taken.get(short) ?? 0) + 1;
    taken.set(short, nth);
    return {...test, name: nth === 1 ? short : `${short} (${nth})`};
  });
}

function ofConfiguration(summary: Summary): Test {
  const {name, head} = summary;
  const rows = summaryRows(summary).map(({what, before, after}) =>
    before === null ? `${what}: ${after}` : `${what}: ${before} -> ${after}`,
  );
  return {name, line: head.configuration.line, outcome: 'passed', body: said('system-out', {}, rows)};
}

function ofFinding({rule, severity, place, message, fix, suppressed}: LintFinding): Test {
  const test = {name: `${rule}: ${message}`, line: place.line};
  const lines = [`${placeText(place)}: ${message}`, ...(fix === '' ? [] : [`HINT: ${fix}`])];
  if (suppressed !== undefined) {
    const reason = `ignored: ${suppressed}`;
    return {...test, outcome: 'skipped', body: said('skipped', {message: reason}, [reason])};
  }
  if (severity === 'error')
    return {...test, outcome: 'failed', body: said('failure', {message, type: rule}, lines)};
  return {...test, outcome: 'passed', body: said('system-out', {}, [severity, ...lines])};
}

function suite(file: string, tests: readonly Test[]): string {
  const cases = tests.map(({name, line, body}) =>
    holding('testcase', {classname: file, name, file, line, time: 0}, [body]),
  );
  return holding('testsuite', {name: file, ...countsOf(tests)}, cases);
}

const countsOf = (tests: readonly Test[]): Attributes => ({
  tests: tests.length,
  failures: tests.filter(({outcome}) => outcome === 'failed').length,
  errors: 0,
  skipped: tests.filter(({outcome}) => outcome === 'skipped').length,
  time: 0,
});

const holding = (name: string, attributes: Attributes, inner: readonly string[]): string =>
  `<${name}${written(attributes)}>\n${inner.join('')}</${name}>\n`;

const said = (name: string, attributes: Attributes, lines: readonly string[]): string =>
  `<${name}${written(attributes)}>${lines.map(xmlText).join('\n')}</${name}>\n`;

const written = (attributes: Attributes): string =>
  Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${xmlText(String(value))}"`)
    .join('');
