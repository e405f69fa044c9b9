/** redis.conf is read as Redis reads it: held against real servers, and against what one said of real files. */
import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from '@jest/globals';
import {
  confBytes,
  confText,
  effectiveDirectives,
  formatDirective,
  parseConf,
  parseMemory,
  splitArgs,
} from '../../../src/redis/conf.ts';
import {scratch} from '../../drills.ts';
import {LiveRedis} from '../../live-redis.ts';
import {ROOT, skippedBecause} from '../../servers.ts';

const dir = scratch();
afterAll(() => dir.dispose());

describe('the words of a line', () => {
  test.each<[string, string[] | null]>([
    ['save 900 1', ['save', '900', '1']],
    ['save ""', ['save', '']],
    ["save ''", ['save', '']],
    [' \t dir\t /data  ', ['dir', '/data']],
    [String.raw`k "a\x41\n\r\t\b\a\q\"\\"`, ['k', 'aA\n\r\t\b\x07q"\\']],
    [String.raw`k "\x4"`, ['k', 'x4']],
    [String.raw`k 'a\n\'b"'`, ['k', String.raw`a\n'b"`]],
    ['k foo"bar"', ['k', 'foobar']],
    ['k foo"bar"baz', null],
    ['k "open', null],
    ["k 'open", null],
    [String.raw`k "open\"`, null],
    ['k "a"\v"b"', ['k', 'a', 'b']],
    ['k a\vb', ['k', 'a\vb']],
    ['k a # no comment', ['k', 'a', '#', 'no', 'comment']],
    ['', []],
  ])('%j', (line, words) => {
    expect(splitArgs(line)).toEqual(words);
    const again = words && words.length > 0 && splitArgs(formatDirective(words[0]!, words.slice(1)));
    if (again) expect(again).toEqual(words);
  });
});

test('directives have file, line and column; every problem is told at once', () => {
  const text = '# comment\r\n\r\n  Port 6379\r\nbad "quote\nx \0\n\tDIR /data';
  expect(parseConf(text, 'a/redis.conf')).toEqual({
    directives: [
      {name: 'port', args: ['6379'], file: 'a/redis.conf', line: 3, column: 3},
      {name: 'dir', args: ['/data'], file: 'a/redis.conf', line: 6, column: 2},
    ],
    problems: [
      {origin: 'a/redis.conf:4', message: 'the quotes do not balance'},
      {origin: 'a/redis.conf:5', message: 'a NUL byte: this is no text'},
    ],
  });
});

test('of repeated directives the last holds, but save points and their like add up', () => {
  const text = 'save 1 1\nsave 2 2\nsave ""\nsave 3 3\nsave 4 4\ndir /a\ndir /b\nuser a on\nuser b on\n';
  const effective = effectiveDirectives(parseConf(text, 'f').directives);
  const args = (name: string) => effective.get(name)!.map(({args}) => args.join(' '));
  expect({save: args('save'), dir: args('dir'), user: args('user')}).toEqual({
    save: ['3 3', '4 4'],
    dir: ['/b'],
    user: ['a on', 'b on'],
  });
});

test.each([
  ['0', 0],
  ['100b', 100],
  ['1k', 1000],
  ['1KB', 1024],
  ['2gB', 2 * 1024 ** 3],
  ['1 gb', null],
  ['-1', null],
  ['1tb', null],
])('memory %s is %s', (text, bytes) => {
  expect(parseMemory(text)).toBe(bytes);
});

test('a real server reads the same values from the same lines, and from what we make of them', async () => {
  const lines = [
    String.raw`requirepass "a\x41\n\"\\ '#"`,
    String.raw`REQUIREPASS 'it\'s \n "x"'`,
    'dbfilename   pre"fix ed.rdb"',
    'maxmemory 100MB',
    'maxmemory 64mb',
    'databases\t7',
    `masterauth ${confBytes('"schlüssel"')}`,
  ];
  const given = join(dir.path, 'given.conf');
  const made = join(dir.path, 'made.conf');
  writeFileSync(given, lines.join('\r\n'), 'latin1');
  const {directives} = parseConf(lines.join('\r\n'), 'given.conf');
  writeFileSync(made, directives.map(({name, args}) => formatDirective(name, args)).join('\n'));
  for (const file of [given, made]) {
    await using live = await LiveRedis.start([], {conf: file, password: String.raw`it's \n "x"`});
    for (const [name, values] of effectiveDirectives(directives)) {
      const arg = values.at(-1)!.args.join(' ');
      const expected = name === 'maxmemory' ? String(parseMemory(arg)) : confText(arg);
      expect({name, value: ((await live.redis.config('GET', name)) as string[])[1]}).toEqual({
        name,
        value: expected,
      });
    }
  }
});

describe('real files', () => {
  const CORPUS = join(ROOT, '..', 'shared', 'conf-corpus');
  type Row = {
    path: string;
    kind: string;
    configError: string;
    effective7_0_15: Record<string, string> | null;
  };
  const index: Row[] = existsSync(CORPUS) ? JSON.parse(readFileSync(join(CORPUS, 'index.json'), 'utf8')) : [];
  const confs = index.filter(({kind}) => kind === 'redis.conf');
  const corpusTest = confs.length > 0 ? test : skippedBecause('the corpus is not here');

  corpusTest('come out as a real server says of them', () => {
    const YES = /^(yes|no)$/i;
    let compared = 0;
    for (const {path, effective7_0_15} of confs) {
      const text = readFileSync(join(CORPUS, path), 'latin1');
      const effective = effectiveDirectives(parseConf(text, path).directives);
      for (const [name, value] of Object.entries(effective7_0_15 ?? {})) {
        // Commented out for that server, as paths of another machine.
        const ours = name === 'dir' ? undefined : effective.get(name);
        if (!ours) continue;
        const words = ours.flatMap(({args}) => args.map(confText));
        const text = words.join(' ');
        const memory = name.startsWith('maxmemory') && parseMemory(text);
        const said = YES.test(text) ? text.toLowerCase() : String(memory || text);
        expect({path, name, value: said}).toEqual({path, name, value});
        compared += 1;
      }
    }
    expect(compared).toBeGreaterThan(150);
  });

  corpusTest('have problems only where a real server sees them', () => {
    const troubled = confs.filter(({path}) => {
      return parseConf(readFileSync(join(CORPUS, path), 'latin1'), path).problems.length > 0;
    });
    // Templates and a shell script: their own first error comes before the quotes.
    for (const {path, configError} of troubled)
      expect({path, configError}).not.toMatchObject({configError: ''});
  });
});
