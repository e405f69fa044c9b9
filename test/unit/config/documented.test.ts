/** docs/configuration.md, held against the schema: every key of the config is in it once, and none besides. */
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {parse} from 'yaml';
import {configSchema} from '../../../src/config/schema.ts';
import {SCHEMES, schemeOf} from '../../../src/source/location.ts';
import {ROOT} from '../../servers.ts';

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const DOCUMENT = read('docs/configuration.md');

type Node = {properties?: Record<string, Node>; anyOf?: Node[]; items?: Node; additionalProperties?: Node};

/** `select.pick`, `expect.groups.match`: lists and choices add nothing to the path, names of databases neither. */
function keysOf(node: Node | undefined, path: string[] = []): string[] {
  if (typeof node !== 'object') return [];
  const {properties = {}, anyOf = [], items, additionalProperties} = node;
  return [
    ...Object.entries(properties).flatMap(([key, inner]) => [
      [...path, key].join('.'),
      ...keysOf(inner, [...path, key]),
    ]),
    ...[...anyOf, items, additionalProperties].flatMap(inner => keysOf(inner, path)),
  ];
}

const schema = JSON.parse(read('schema/config.json')) as Node;
const ofBackup = keysOf(schema.properties!.backups);
const ofLint = keysOf(schema.properties!.lint, ['lint']);
const KEYS = [...new Set([...ofBackup, ...ofLint])]
  // What `keys` may hold is the same of the whole, of a database and of a group.
  .filter(key => !/^expect\.(databases|groups)\.keys\./.test(key));

/** First cells of all tables, which may name several keys, with what the row says. */
const ROWS = DOCUMENT.split('\n')
  .filter(line => line.startsWith('| `'))
  .flatMap(line => {
    const [first = '', ...rest] = line.split(' | ');
    return [...first.matchAll(/`([^`]+)`/g)].map(([, key]) => ({key: key!, says: rest.join(' | ')}));
  });

describe('docs/configuration.md', () => {
  test('names each key once', () => {
    const keys = ROWS.map(({key}) => key);
    expect(keys).toEqual([...new Set(keys)]);
  });

  test('names none that the schema does not have', () => {
    expect(ROWS.map(({key}) => key).filter(key => !KEYS.includes(key))).toEqual([]);
  });

  test('names every key of the schema: in a row of its own, or in that of what holds it', () => {
    expect(KEYS.length).toBeGreaterThan(50);
    const missing = KEYS.filter(key => {
      const holds = ROWS.some(row => row.key === key || row.key.startsWith(`${key}.`));
      const around = ROWS.find(row => key.startsWith(`${row.key}.`));
      const name = key.split('.').at(-1)!;
      return !holds && !new RegExp(`(?<![a-z-])${name}(?![a-z-])`).test(around?.says ?? '');
    });
    // In the text above the tables.
    expect(missing).toEqual(['name']);
    expect(DOCUMENT).toContain('Each backup has a `name`');
  });
});

describe('docs/sources.md', () => {
  const sources = read('docs/sources.md')
    .split('\n')
    .filter(line => line.startsWith('| `'))
    .flatMap(line => [...line.split(' | ')[0]!.matchAll(/`([^`]+)`/g)].map(([, source]) => source!));
  const parsed = (source: unknown) =>
    configSchema.safeParse({version: 1, backups: [{name: 'one', source}]}).success;

  test('shows sources that the config takes', () => {
    expect(sources.filter(source => !parsed(source.startsWith('{') ? parse(source) : source))).toEqual([]);
  });

  test('shows every scheme that can be fetched from; http is for loopback', () => {
    const shown = new Set(sources.map(source => schemeOf(source)));
    expect(SCHEMES.filter(scheme => !shown.has(scheme))).toEqual(['http']);
  });

  const workflows = [...read('docs/sources.md').matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml]) => yaml!);

  test.each(
    workflows,
  )('shows a workflow whose inputs exist, and whose settings the config has:\n%s', yaml => {
    type Step = {uses: string; with: Record<string, string>};
    const [step] = (parse(yaml).jobs.drill.steps as Step[]).filter(({uses}) => uses.startsWith('OWNER/'));
    const inputs = Object.keys(parse(read('action.yml')).inputs);
    expect(Object.keys(step!.with).filter(input => !inputs.includes(input))).toEqual([]);
    expect(parsed(step!.with.backup)).toBe(true);
    const keys = step!.with
      .set!.split('\n')
      .filter(Boolean)
      .map(line => line.split('=')[0]!);
    expect(keys.filter(key => !KEYS.includes(key))).toEqual([]);
  });
});
