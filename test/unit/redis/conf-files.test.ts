/** Includes are followed as Redis follows them, and never to a place that is not ours to read. */
import {execFileSync} from 'node:child_process';
import {mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {afterAll, describe, expect, test} from '@jest/globals';
import {type Conf, readConf} from '../../../src/redis/conf-files.ts';
import {fnmatch} from '../../../src/redis/fnmatch.ts';
import {scratch} from '../../drills.ts';
import {LiveRedis} from '../../live-redis.ts';

const dir = scratch();
afterAll(() => dir.dispose());

function write(files: Record<string, string>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dir.file(name.split('/').slice(0, -1).join('/')), {recursive: true});
    writeFileSync(dir.file(name), text);
  }
}

async function read(name: string, root = dir.path): Promise<Conf> {
  const conf = await readConf(dir.file(name), {root});
  if ('unreadable' in conf) throw new Error(conf.unreadable);
  return conf;
}

const said = ({directives}: Conf) => directives.map(({name, args}) => `${name} ${args.join(' ')}`);

describe('includes', () => {
  write({
    'a/redis.conf': 'maxmemory 1mb\ninclude conf.d/[0-9]*.conf\ninclude none-*.conf\ndatabases 5\n',
    'a/conf.d/10.conf': 'maxmemory 10mb\ndatabases 10\n',
    'a/conf.d/20.conf': 'maxmemory 20mb\ninclude "nested.conf"\n',
    'a/conf.d/.30.conf': 'maxmemory 30mb\n',
    'a/conf.d/x.conf': 'maxmemory 40mb\n',
    'a/nested.conf': 'hz 50\n',
  });

  test('stand where they are written, in the order of their names', async () => {
    const conf = await read('a/redis.conf');
    expect(conf.problems).toEqual([]);
    expect(said(conf)).toEqual([
      'maxmemory 1mb',
      'maxmemory 10mb',
      'databases 10',
      'maxmemory 20mb',
      'hz 50',
      'databases 5',
    ]);
    expect(conf.files).toHaveLength(4);
  });

  test('give the values that a real server has, started there', async () => {
    await using live = await LiveRedis.start([], {conf: dir.file('a/redis.conf'), cwd: dir.file('a')});
    for (const [name, value] of [
      ['maxmemory', '20971520'],
      ['databases', '5'],
      ['hz', '50'],
    ]) {
      expect(await live.redis.config('GET', name!)).toEqual([name, value]);
    }
  });

  test('that cannot be read are problems, each at its line', async () => {
    write({
      'b/redis.conf': 'include missing.conf\nhz 10\ninclude loop.conf\n',
      'b/loop.conf': 'include redis.conf\n',
    });
    const {problems, directives} = await read('b/redis.conf');
    expect(problems.map(({origin, message}) => [origin.replace(/.*\//, ''), message])).toEqual([
      ['redis.conf:1', 'the included file cannot be read (ENOENT)'],
      ['loop.conf:1', 'the include leads back to a file that it is in'],
    ]);
    expect(directives).toHaveLength(1);
  });

  test('do not lead out: not by a path, not by a pattern, not by a link', async () => {
    write({
      'secret/secret.conf': 'requirepass hunter2\n',
      'c/redis.conf': [
        'include ../secret/secret.conf',
        `include ${dir.file('secret/secret.conf')}`,
        'include ../secret/*.conf',
        'include /etc/redis/not-there.conf',
        'include link.conf',
        'include linked/*.conf',
        'hz 10',
      ].join('\n'),
    });
    symlinkSync(dir.file('secret/secret.conf'), dir.file('c/link.conf'));
    symlinkSync(dir.file('secret'), dir.file('c/linked'));
    const conf = await read('c/redis.conf', dir.file('c'));
    expect(said(conf)).toEqual(['hz 10']);
    expect(conf.notFollowed.map(({origin}) => origin.replace(/.*:/, ''))).toEqual([
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
    ]);
    expect(conf.problems).toEqual([]);
  });

  test('stop somewhere', async () => {
    const chain = Array.from({length: 20}, (_, n) => [`d/${n}.conf`, `include ${n + 1}.conf\n`]);
    write({...Object.fromEntries(chain), 'e/redis.conf': 'include many/*\n'});
    expect((await read('d/0.conf')).problems[0]?.message).toMatch(/nested more than 16 deep/);
    write(Object.fromEntries(Array.from({length: 120}, (_, n) => [`e/many/${n}`, 'hz 10\n'])));
    expect((await read('e/redis.conf')).problems[0]?.message).toMatch(/more than 100 files/);
  });
});

test('what is no file is not read, and nobody waits for it', async () => {
  execFileSync('mkfifo', [dir.file('pipe')]);
  symlinkSync('/etc/passwd', dir.file('passwd'));
  const tried = ['pipe', '.', 'missing', 'passwd'].map(name => readConf(dir.file(name), {root: dir.path}));
  expect(await Promise.all(tried)).toEqual(
    ['not a file', 'not a file', 'ENOENT', 'outside'].map(unreadable => ({unreadable})),
  );
});

test.each([
  ['*.conf', 'a.conf', true],
  ['*', '.hidden', false],
  ['.*', '.hidden', true],
  ['a?c', 'abc', true],
  ['[0-9][!a-z]', '1A', true],
  ['[0-9][^a-z]', '1b', false],
  ['[]x]', ']', true],
  ['\\*', '*', true],
  ['\\*', 'a', false],
  ['{a,b}', 'a', false],
  ['**', 'ab', true],
  ['a+(b)', 'ab', false],
  ['[', '[', true],
])('pattern %s, name %s: %s', (pattern, name, matches) => {
  expect(fnmatch(pattern, name)).toBe(matches);
});
