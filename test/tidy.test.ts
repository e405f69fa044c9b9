/**
 * The rules of style.md and architecture.md that a machine can check. A rule that nobody checks is a wish; one that
 * makes something worse may be broken, in the list of exceptions, with its reason.
 */
import {existsSync, globSync, readdirSync, readFileSync, statSync} from 'node:fs';
import {basename, dirname, join, relative} from 'node:path';
import {describe, expect, test} from '@jest/globals';
import {parse} from 'yaml';
import {schemaFiles} from '../scripts/schema.mjs';
import {DRILL_CODES} from '../src/errors.ts';
import {IGNORABLE, NEVER_IGNORED} from '../src/judge/ignore.ts';
import {VERSION} from '../src/version.ts';
import {readSyntax, type Syntax} from './syntax.ts';

const ROOT = dirname(import.meta.dirname);
/** Not written by us, or not committed. */
const NOT_OURS = new Set(['.git', 'node_modules', 'build', '.cache', 'coverage', 'dist']);

function filesBelow(directory: string): string[] {
  return readdirSync(join(ROOT, directory), {withFileTypes: true}).flatMap(entry => {
    const path = join(directory, entry.name);
    if (NOT_OURS.has(entry.name)) return [];
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const FILES = filesBelow('.').filter(path => !path.endsWith('.log'));
const isCode = (path: string) => /\.(ts|mjs)$/.test(path);
const CODE = new Map<string, Syntax>(FILES.filter(isCode).map(path => [path, readSyntax(join(ROOT, path))]));
const SRC = new Map([...CODE].filter(([path]) => path.startsWith('src/')));

type Edge = {file: string; target: string; values: string[]; lazy: boolean};

/** Imports of our own files, by their paths in the repository. */
const edges: Edge[] = [...SRC].flatMap(([file, {imports}]) =>
  imports
    .filter(({from}) => from.startsWith('.'))
    .map(({from, values, lazy}) => ({file, target: join(dirname(file), from), values, lazy})),
);
const packages: Edge[] = [...SRC].flatMap(([file, {imports}]) =>
  imports
    .filter(({from}) => !from.startsWith('.'))
    .map(({from, values, lazy}) => ({file, target: from, values, lazy})),
);

const STAGES = ['source', 'unpack', 'inspect', 'restore', 'census', 'judge', 'report'];
/** Rooms that every stage may use. */
const SHARED = ['redis', 'private', 'process.ts', 'progress.ts', 'errors.ts', 'form.ts', 'regular-file.ts'];
/** `inspect` for src/inspect/walk.ts, `drill.ts` for src/drill.ts. */
const room = (path: string): string => relative('src', path).split('/')[0]!;
const isStage = (path: string) => STAGES.includes(room(path));
const show = ({file, target, values}: Edge) => `${file} -> ${target} (${values.join(', ') || 'types'})`;

describe('data flows one way', () => {
  test('a stage knows the types and schemas of earlier stages and the shared rooms, and nothing else of ours', () => {
    const wrong = edges.filter(({file, target, values}) => {
      if (!isStage(file) || room(target) === room(file) || SHARED.includes(room(target))) return false;
      const earlier = isStage(target) && STAGES.indexOf(room(target)) < STAGES.indexOf(room(file));
      return !(earlier && values.every(name => name.endsWith('Schema')));
    });
    expect(wrong.map(show)).toEqual([]);
  });

  test('a shared room knows shared rooms only', () => {
    const wrong = edges.filter(
      ({file, target}) => SHARED.includes(room(file)) && !SHARED.includes(room(target)),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  /**
   * Outside the stages, whose code may be called: drill.ts is the pipeline; a command may use a stage by itself, as
   * `inspect` does; a config is checked with judge's schemas and by what source can reach.
   */
  const CALLERS: Record<string, string[]> = {
    'drill.ts': STAGES,
    // Its middle: from plain files to evidence.
    'examination.ts': ['unpack', 'inspect', 'restore', 'census'],
    'commands.ts': ['source', 'unpack', 'inspect', 'judge', 'report'],
    'recording.ts': ['source', 'judge', 'report'],
    'cli.ts': ['report'],
    // Shows a report, and in its post step cleans up after a drill that could not.
    'action.ts': ['report', 'restore'],
    config: ['inspect', 'judge', 'source', 'unpack'],
    // Records of drills: their forms are the stages' own; and a bucket is a bucket, whatever is kept in it.
    history: ['inspect', 'judge', 'report', 'source'],
    // What a step shows of its report.
    'action-view.ts': ['report'],
    // Several drills: a command with a room of its own.
    fleet: ['source', 'judge', 'report'],
    // Judges records of drills in the words of judge, reads runs of workflows with a store's client.
    gate: ['inspect', 'judge', 'source', 'report', 'unpack'],
    // A command with a room of its own: it reads dumps in order to damage them, and packs them as restore does.
    sabotage: ['source', 'unpack', 'inspect', 'restore', 'report'],
    // A command without a backup: it takes the report's way of showing what strangers wrote, restore's containers to prove
    // what it says, and a store's way of asking GitHub.
    lint: ['report', 'restore', 'source'],
  };

  test('outside the stages only the pipeline, the commands and the config call them', () => {
    const wrong = edges.filter(
      ({file, target, values}) =>
        !isStage(file) &&
        isStage(target) &&
        values.length > 0 &&
        !CALLERS[room(file)]?.includes(room(target)),
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test('drill.ts, with its middle, is the only file that knows every stage', () => {
    const middle = 'src/examination.ts';
    const knowing = [...SRC.keys()].filter(file => {
      const through = edges.some(edge => edge.file === file && edge.target === middle) ? middle : file;
      const known = edges.filter(edge => [file, through].includes(edge.file)).map(({target}) => room(target));
      return STAGES.every(stage => known.includes(stage));
    });
    expect(knowing).toEqual(['src/drill.ts']);
  });

  test('nothing imports an edge but its types', () => {
    const wrong = edges.filter(
      ({target, values}) => ['cli.ts', 'action.ts'].includes(room(target)) && values.length > 0,
    );
    expect(wrong.map(show)).toEqual([]);
  });
});

describe('judge and report are pure', () => {
  const GATE = /^src\/gate\/(judge-.*|by-server|witness|demands|wanted-server)\.ts$/;
  const pure = [...SRC].filter(([file]) => ['judge', 'report'].includes(room(file)) || GATE.test(file));
  const IMPURE = [
    'Date.now',
    'new Date()',
    'performance',
    'process',
    'setTimeout',
    'setInterval',
    'fetch',
    'console',
    'Math.random',
  ];

  test('they see no clock, no process, no network', () => {
    const wrong = pure.flatMap(([file, {names}]) =>
      IMPURE.filter(name => names.has(name)).map(name => `${file}: ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test('they import no package but zod: no file system, no client', () => {
    const wrong = packages.filter(
      ({file, target}) => ['judge', 'report'].includes(room(file)) && target !== 'zod',
    );
    expect(wrong.map(show)).toEqual([]);
  });
});

describe('the world comes in by few doors', () => {
  test('the environment is read at the edges', () => {
    const readers = [...SRC].filter(([, {names}]) => names.has('process.env')).map(([file]) => file);
    expect(['src/cli.ts', 'src/action.ts']).toEqual(expect.arrayContaining(readers));
  });

  test('each package is imported in one file, zod and node’s own excepted', () => {
    const importers = new Map<string, Set<string>>();
    for (const {file, target} of packages) {
      if (target === 'zod' || target.startsWith('node:')) continue;
      importers.set(target, (importers.get(target) ?? new Set()).add(file));
    }
    expect([...importers].filter(([, files]) => files.size > 1)).toEqual([]);
    expect(importers.get('@actions/core')).toEqual(new Set(['src/action.ts']));
    expect(importers.get('ioredis')).toEqual(new Set(['src/redis/client.ts']));
    expect(importers.get('testcontainers')).toEqual(new Set(['src/restore/container.ts']));
  });

  test('what is heavy is imported when it is needed', () => {
    const HEAVY = ['src/restore/container.ts', 'src/restore/local-process.ts', 'src/commands.ts'];
    const wrong = edges.filter(
      ({target, values, lazy}) => HEAVY.includes(target) && values.length > 0 && !lazy,
    );
    expect(wrong.map(show)).toEqual([]);
  });

  test('only the edges print', () => {
    const printers = [...SRC].filter(([, {names}]) =>
      ['console', 'process.stdout', 'process.stderr'].some(name => names.has(name)),
    );
    // process-life.ts only listens for the end of those streams.
    const edges = ['src/cli.ts', 'src/action.ts', 'src/process-life.ts'];
    expect(edges).toEqual(expect.arrayContaining(printers.map(([file]) => file)));
  });
});

describe('sizes, as a rule of thumb', () => {
  const FILE_LINES = 300;
  /** A table of cases is long and easy to read. */
  const TEST_FILE_LINES = 400;
  const FUNCTION_LINES = 70;
  /** Every exception has a reason. */
  const LONGER: Record<string, string> = {
    'src/restore/container.ts': 'the only importer of testcontainers; what can live without it has moved out',
  };

  test('files', () => {
    const long = [...CODE].filter(
      ([path, {text}]) =>
        text.split('\n').length - 1 > (path.startsWith('test/') ? TEST_FILE_LINES : FILE_LINES),
    );
    expect(long.map(([path]) => path).filter(path => !(path in LONGER))).toEqual([]);
  });

  test('functions', () => {
    const long = [...CODE]
      .filter(([path]) => !path.startsWith('test/'))
      .flatMap(([path, {functions}]) =>
        functions.filter(({lines}) => lines > FUNCTION_LINES).map(({name}) => `${path}: ${name}`),
      );
    expect([...new Set(long)].filter(name => !(name in LONGER))).toEqual([]);
  });

  test('no exception outlives its reason', () => {
    for (const name of Object.keys(LONGER))
      expect([name, CODE.has(name.split(': ')[0]!)]).toEqual([name, true]);
  });
});

describe('no file', () => {
  test('is a drawer for everything', () => {
    const DRAWER = /^(utils?|helpers?|common|misc|shared|lib|types)(\.|$)/;
    const drawers = [...CODE.keys()].filter(path => path.split('/').some(part => DRAWER.test(part)));
    expect(drawers).toEqual([]);
  });

  test('of ours has an enum, a default export or an export of everything', () => {
    const FORBIDDEN = [
      'TsEnumDeclaration',
      'ExportDefaultDeclaration',
      'ExportDefaultExpression',
      'ExportAllDeclaration',
    ];
    const wrong = [...SRC].flatMap(([path, {kinds}]) =>
      FORBIDDEN.filter(kind => kinds.has(kind)).map(kind => `${path}: ${kind}`),
    );
    expect(wrong).toEqual([]);
  });

  test('begins without saying what it is for', () => {
    const silent = [...SRC].filter(([, {text}]) => !/^(#!.*\n)?\/\*\*/.test(text)).map(([path]) => path);
    expect(silent).toEqual([]);
  });

  test('skips a test without the reason in its title', () => {
    const tests = [...CODE].filter(([path]) => path.endsWith('.test.ts'));
    const skipping = tests.filter(([, {names}]) =>
      ['test', 'it', 'describe'].some(name => names.has(`${name}.skip`)),
    );
    expect(skipping.filter(([, {text}]) => !text.includes('(skipped: ')).map(([path]) => path)).toEqual([]);
    expect(
      tests.filter(([, {names}]) =>
        ['test.only', 'describe.only', 'test.todo'].some(name => names.has(name)),
      ),
    ).toEqual([]);
  });

  test('mocks a module of ours', () => {
    const mocking = [...CODE].filter(
      ([, {names}]) => names.has('jest.mock') || names.has('jest.unstable_mockModule'),
    );
    expect(mocking.map(([path]) => path)).toEqual([]);
  });

  test('is larger than 5 MB', () => {
    expect(FILES.filter(path => statSync(join(ROOT, path)).size > 5 * 1024 * 1024)).toEqual([]);
  });
});

describe('nothing of the machine that it was written on is in it', () => {
  /** Hosts that the machine's own package managers are pointed at, where they are not everybody's. */
  function mirrors(): string[] {
    const lists = ['/etc/apt/sources.list', ...listed('/etc/apt/sources.list.d'), '/etc/pip.conf'];
    const texts = lists.filter(existsSync).map(path => readFileSync(path, 'utf8'));
    texts.push(process.env.npm_config_registry ?? '');
    const hosts = texts.flatMap(text =>
      [...text.matchAll(/https?:\/\/([^/\s:]+)/g)].map(([, host]) => host!),
    );
    return hosts.filter(
      host => !/(^|\.)(debian\.org|ubuntu\.com|npmjs\.org|docker\.com|pypi\.org|microsoft\.com)$/.test(host),
    );
  }
  const listed = (directory: string) =>
    existsSync(directory) ? readdirSync(directory).map(name => join(directory, name)) : [];

  test('no path and no mirror', () => {
    // In two parts, so that this file is not the one that is found.
    const forbidden = ['/wo' + 'rk/', ...mirrors()];
    const wrong = FILES.filter(path => forbidden.some(text => read(path).includes(text)));
    expect(wrong).toEqual([]);
  });

  test('no registry in the lock file', () => {
    expect(read('package-lock.json')).not.toContain('"resolved"');
  });
});

test('VERSION is that of package.json', () => {
  expect(VERSION).toBe(JSON.parse(read('package.json')).version);
});

describe('the Action', () => {
  const action = (path: string) =>
    parse(read(path)) as {inputs: Record<string, {default?: unknown}>; runs: object};

  test.each(
    globSync('{,*/}action.yml', {cwd: ROOT}),
  )('%s has no default that would hide the config', path => {
    expect(Object.entries(action(path).inputs).filter(([, input]) => 'default' in input)).toEqual([]);
  });

  test('has an input for every long flag of the command line, and reads no other', () => {
    const {strings} = SRC.get('src/cli.ts')!;
    const flags = strings.flatMap(text => /^--([a-z-]+) </.exec(text)?.[1] ?? []);
    const inputs = Object.keys(action('action.yml').inputs).filter(name => name !== 'backup');
    const ofInspect = ['group', 'groups'];
    const ofLint = ['base', 'format'];
    const ofFleets = ['jobs', 'report-md'];
    const ofDrills = [...new Set(flags)].filter(
      name => ![...ofInspect, ...ofLint, ...ofFleets].includes(name),
    );
    expect(inputs.toSorted()).toEqual(ofDrills.toSorted());
    const known = new Set([...SRC.get('src/action.ts')!.strings]);
    expect(Object.keys(action('action.yml').inputs).filter(name => !known.has(name))).toEqual([]);
    const recording = Object.keys(action('record/action.yml').inputs);
    // What is recorded is always recorded in full.
    const drillsOnly = ['backups', 'plan', 'depth', 'proof', 'history', 'report-json'];
    expect(recording.toSorted()).toEqual(
      ['backup', 'update', ...inputs.filter(name => !drillsOnly.includes(name))].toSorted(),
    );
  });

  test('sets every output that it promises', () => {
    const {outputs} = parse(read('action.yml')) as {outputs: object};
    const known = new Set(SRC.get('src/action.ts')!.strings);
    expect(Object.keys(outputs).filter(name => !known.has(name))).toEqual([]);
  });
});

describe('the documents are whole', () => {
  const headings = (path: string): string[] =>
    [...read(path).matchAll(/^#{2,4} `?([a-z]+\/[a-z-]+|cancelled)`?$/gm)].map(([, heading]) => heading!);
  const RULE =
    /^(backup|aof|restore|ledger|expect|policy|production|checker|fleet|cluster|trend|gate)\/[a-z-]+$/;

  test('docs/rules.md has a heading for every rule that occurs in src, and none besides', () => {
    const sources = [...SRC].filter(([path]) => path !== 'src/judge/ignore.ts');
    const rules = new Set(sources.flatMap(([, {strings}]) => strings.filter(text => RULE.test(text))));
    // That file reports one itself.
    rules.add('policy/ignore-expired');
    expect(headings('docs/rules.md').toSorted()).toEqual([...rules].toSorted());
  });

  test('of each rule of expect, policy and trend it is decided whether a config may ignore it', () => {
    const documented = headings('docs/rules.md');
    const decided = [...IGNORABLE, ...NEVER_IGNORED];
    expect(decided.filter(rule => !documented.includes(rule))).toEqual([]);
    expect(
      documented.filter(rule => /^(expect|policy|trend)\//.test(rule) && !decided.includes(rule)),
    ).toEqual([]);
  });

  test('docs/troubleshooting.md has a heading for every error code, and none besides', () => {
    expect(headings('docs/troubleshooting.md').toSorted()).toEqual(DRILL_CODES.toSorted());
  });

  test('every link between documents leads somewhere', () => {
    const documents = FILES.filter(path => path.endsWith('.md') && !path.startsWith('test/'));
    const broken = documents.flatMap(path =>
      [...read(path).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)]
        .map(([, target]) => target!)
        .filter(target => !existsSync(join(ROOT, dirname(path), target)))
        .map(target => `${path}: ${target}`),
    );
    expect(broken).toEqual([]);
  });
});

test.each(Object.entries(schemaFiles()))('schema/%s is current (npm run schema)', (name, text) => {
  expect(read(join('schema', name))).toBe(text);
});

test('schema/ holds nothing besides', () => {
  expect(
    FILES.filter(path => path.startsWith('schema/'))
      .map(path => basename(path))
      .toSorted(),
  ).toEqual(Object.keys(schemaFiles()).toSorted());
});
