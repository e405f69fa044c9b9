import {expect, test} from '@jest/globals';
import {runToEnd} from '../../src/process.ts';

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
