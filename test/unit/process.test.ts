import {describe, expect, test} from '@jest/globals';
import {type FilterOptions, filter, runToEnd} from '../../src/process.ts';

const node = process.execPath;

test('any exit code is a value, and both outputs are told apart', async () => {
  const script = 'console.log("out"); console.error("err"); process.exit(3)';
  expect(await runToEnd(node, ['-e', script])).toEqual({exitCode: 3, stdout: 'out\n', stderr: 'err\n'});
});

test('arguments reach the program as they are: no shell reads them', async () => {
  const odd = ['a b', '$HOME', '`id`', '"quoted"', "it's", '*', ''];
  const {stdout} = await runToEnd(node, [
    '-e',
    'console.log(JSON.stringify(process.argv.slice(1)))',
    '--',
    ...odd,
  ]);
  expect(JSON.parse(stdout)).toEqual(odd);
});

test('a program that writes without end is cut, not kept', async () => {
  const {stdout} = await runToEnd(node, ['-e', 'process.stdout.write("x".repeat(1e6))']);
  expect(stdout).toHaveLength(64 * 1024);
});

test('a program that is not there cannot be started', async () => {
  await expect(runToEnd('/nowhere/redis-server', ['--version'])).rejects.toThrow();
});

describe('a program that bytes stream through', () => {
  const env = {PATH: process.env.PATH ?? ''};
  async function* input(...parts: string[]): AsyncGenerator<Buffer> {
    for (const part of parts) yield Buffer.from(part);
  }
  async function through(program: string, args: string[], options: Partial<FilterOptions> = {}) {
    const running = filter(program, args, {input: input('some ', 'bytes'), env, ...options});
    let output = '';
    for (;;) {
      const {done, value} = await running.next();
      if (done) return {...value, output};
      output += value.toString();
    }
  }

  test('gives what it writes, and how it ended', async () => {
    const script = 'cat; echo status >&4; echo trouble >&2; exit 3';
    expect(await through('sh', ['-c', script])).toEqual({
      output: 'some bytes',
      exitCode: 3,
      status: 'status\n',
      stderr: 'trouble\n',
    });
  });

  test('reads the secret from a pipe; it is neither in its arguments nor in its environment', async () => {
    const script = 'read secret <&3; printf "%s|" "$secret"; tr "\\0" " " </proc/self/cmdline; env';
    const {output} = await through('sh', ['-c', script], {secret: 'hunter2\n'});
    expect(output.startsWith('hunter2|')).toBe(true);
    expect(output.slice('hunter2|'.length)).not.toContain('hunter2');
  });

  test('gets the environment that it is given, and nothing of ours', async () => {
    const {output} = await through('env', []);
    expect(output).not.toMatch(/^HOME=/m);
  });

  test('that does not exist is told by its code', async () => {
    await expect(through('no-such-program', [])).rejects.toMatchObject({code: 'ENOENT'});
  });

  test('that does not read its input ends all the same', async () => {
    const endless = async function* () {
      for (;;) yield Buffer.alloc(65_536);
    };
    expect(await through('true', [], {input: endless()})).toMatchObject({exitCode: 0, output: ''});
  });

  test('is killed when nobody reads on, or its input breaks', async () => {
    const running = filter('yes', [], {input: input(), env});
    await running.next();
    await running.return(undefined as never);
    const breaking = async function* () {
      yield Buffer.from('a');
      throw new Error('the layer around it is damaged');
    };
    await expect(through('cat', [], {input: breaking()})).rejects.toThrow('the layer around it is damaged');
  });
});
