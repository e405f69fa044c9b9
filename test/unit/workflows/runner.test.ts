/**
 * The runner that the tests of the action and of the workflows stand on, held to GitHub's contract by small actions and
 * jobs whose answers are known: a runner that is too kind would make everything green.
 */
import {writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, describe, expect, test} from '@jest/globals';
import {scratch} from '../../drills.ts';
import {pairs} from '../../e2e/command-files.ts';
import {cancelAfter, machineIn, runAction} from '../../e2e/run-action.ts';
import {CommandReader} from '../../e2e/workflow-commands.ts';
import {type JobRequest, runJob} from '../../e2e/workflow-runner.ts';

const dir = scratch();
const machine = machineIn(dir.path);
afterAll(() => dir.dispose());

/** An action of two files; `main` and `post` are JavaScript. */
function action(main: string, post = ''): string {
  const path = dir.file('action.yml');
  const inputs = '{report-json: {required: false}, two words: {default: some}}';
  const runs = '{using: node24, main: main.cjs, post: post.cjs, post-if: always()}';
  writeFileSync(path, `name: a\ndescription: a\ninputs: ${inputs}\nruns: ${runs}\n`);
  const tell =
    "const tell = (what, text) => require('node:fs').appendFileSync(process.env['GITHUB_' + what], text);\n";
  writeFileSync(dir.file('main.cjs'), tell + main);
  writeFileSync(dir.file('post.cjs'), tell + post);
  return path;
}

const run = (main: string, post = '', more: Partial<Parameters<typeof runAction>[0]> = {}) =>
  runAction({action: action(main, post), machine, ...more});

function read(text: string, options: ConstructorParameters<typeof CommandReader>[0] = {}): CommandReader {
  const reader = new CommandReader(options);
  for (const line of text.split('\n')) reader.line(line);
  return reader;
}

describe('an action', () => {
  test('gets inputs by name in capitals, hyphens kept, blanks as underscores, none left out', async () => {
    const printed =
      "console.log(Object.entries(process.env).filter(([n]) => n.startsWith('INPUT_')).join(' '))";
    const {stdout} = await run(printed, '', {inputs: {'report-json': 'r.json'}});
    expect(stdout).toBe('INPUT_REPORT-JSON,r.json INPUT_TWO_WORDS,some\n');
  });

  test('is told in the log of an input that it does not have', async () => {
    expect((await run('', '', {inputs: {'no-such': 'x'}})).log).toMatch(
      /##\[warning\]Unexpected input.*no-such/,
    );
  });

  test('sees nothing of the machine but what a hosted runner gives', async () => {
    const {stdout} = await run('console.log(Object.keys(process.env).join())');
    const strange = stdout
      .split(',')
      .filter(name => !/^(GITHUB|RUNNER|INPUT|DOCKER)_|^(PATH|HOME|LANG|CI)$/.test(name.trim()));
    expect(strange).toEqual([]);
  });

  test('hands state to its post step, also when it failed', async () => {
    const ran = await run(
      "tell('STATE', 'dir<<E\\na\\nb\\nE\\n'); process.exitCode = 4",
      'console.log(process.env.STATE_dir)',
    );
    expect([ran.outcome, ran.exitCode, ran.post?.outcome, ran.post?.stdout]).toEqual([
      'failure',
      4,
      'success',
      'a\nb\n',
    ]);
  });

  test('fails when it exits with 0 and leaves an output that cannot be read', async () => {
    const ran = await run("tell('OUTPUT', 'keys<<E\\n3\\n')");
    expect([ran.exitCode, ran.outcome, ran.outputs]).toEqual([0, 'failure', {}]);
  });

  test('loses a summary of more than 1 MiB, and is told so', async () => {
    const ran = await run("tell('STEP_SUMMARY', 'x'.repeat(1024 * 1024 + 1))");
    expect([ran.outcome, ran.summary]).toEqual(['success', '']);
    expect(ran.log).toMatch(/##\[error\].*1024k/);
  });

  test('is cancelled by SIGINT first, and may end by itself', async () => {
    const main =
      "process.on('SIGINT', () => { tell('OUTPUT', 'by=SIGINT\\n'); process.exit(130); }); setInterval(() => {}, 1000); console.log('on')";
    const ran = await run(main, '', {signals: cancelAfter(2_500)});
    expect([ran.exitCode, ran.outputs]).toEqual([130, {by: 'SIGINT'}]);
  });
});

describe('what is printed', () => {
  test('commands are read with their properties, unescaped', () => {
    const {commands} = read('  ::error file=a%2Cb.yml,line=3,title=x%3Ay::50%25%0Amore');
    expect(commands).toEqual([
      {command: 'error', properties: {file: 'a,b.yml', line: '3', title: 'x:y'}, message: '50%\nmore'},
    ]);
  });

  test('the older form counts in the middle of a line', () => {
    expect(read('a server says ##[error]boo').commands).toMatchObject([{command: 'error', message: 'boo'}]);
  });

  test('text that only looks like a command is text', () => {
    const text = 'see ::error::x\n::nothing::x\n::error x';
    expect([read(text).commands, read(text).log]).toEqual([[], text]);
  });

  test('nothing is obeyed until the token that stopped commands comes again', () => {
    const {commands} = read(
      '::stop-commands::t0ken\n::error::no\n##[error]no\n::other::\n::t0ken::\n::error::yes',
    );
    expect(commands.map(({command, message}) => [command, message])).toEqual([
      ['stop-commands', 't0ken'],
      ['error', 'yes'],
    ]);
  });

  test('secrets are masked from then on, line by line', () => {
    expect(read('hunter2\n::add-mask::hunter2%0Asecond\nhunter2 second').log).toBe('hunter2\n*** ***');
  });

  test('a command that is no more fails the step', () => {
    expect(read('::set-env name=A::b').refused).toBe(true);
  });
});

test('a value may hold what looks like another pair', () => {
  expect(pairs('a=b=c\nd<<E\ne=f\n\nE\ng=\n')).toEqual([
    ['a', 'b=c'],
    ['d', 'e=f\n'],
    ['g', ''],
  ]);
});

describe('a job', () => {
  async function job(steps: string, more: Partial<JobRequest> = {}, head = '') {
    const path = join(dir.path, 'job.yml');
    writeFileSync(
      path,
      `on: push\nenv: {LEVEL: workflow}\njobs:\n  it:\n    runs-on: x\n${head}    steps:\n${steps}`,
    );
    const ran = await runJob({workflow: path, job: 'it', machine: machineIn(dir.file('job')), ...more});
    return {...ran, outcomes: ran.steps.map(({outcome}) => outcome)};
  }

  test('ends with its first failure, but for what wants to run all the same', async () => {
    const ran = await job(`
      - run: exit 3
      - run: echo never
      - if: failure()
        run: echo yes
      - if: \${{ !cancelled() && 1 == 1 }}
        run: echo yes
      - if: always() && false
        run: echo never
`);
    expect([ran.result, ran.outcomes]).toEqual([
      'failure',
      ['failure', 'skipped', 'success', 'success', 'skipped'],
    ]);
  });

  test('forgives a step that may fail, and remembers that it did', async () => {
    const ran = await job(`
      - id: bad
        continue-on-error: true
        run: exit 3
      - env:
          SEEN: \${{ steps.bad.outcome }} \${{ steps.bad.conclusion }}
        run: echo "$SEEN"
`);
    expect([ran.result, ran.steps[1]!.log]).toEqual(['success', 'failure success']);
  });

  test('hands on outputs, variables and paths; the nearest env wins', async () => {
    const ran = await job(`
      - id: first
        run: |
          echo "n=1" >>"$GITHUB_OUTPUT"
          echo "MADE=2" >>"$GITHUB_ENV"
          mkdir -p bin; echo "$PWD/bin" >>"$GITHUB_PATH"
          printf '#!/bin/sh\\necho 3' >bin/three; chmod +x bin/three
      - env: {LEVEL: step, N: "\${{ steps.first.outputs.n }}"}
        run: echo "$N $MADE $(three) $LEVEL \${{ env.LEVEL }}"
`);
    expect(ran.steps[1]!.log).toBe('1 2 3 step step');
  });

  test('goes on after a failure in a pipe, unless it names bash', async () => {
    expect((await job('      - run: false | true\n')).result).toBe('success');
    expect((await job('      - run: false | true\n        shell: bash\n')).result).toBe('failure');
    expect(
      (await job('      - run: false | true\n', {}, '    defaults: {run: {shell: bash}}\n')).result,
    ).toBe('failure');
  });

  test('runs post steps last, in reverse order, and cancels a step that takes too long', async () => {
    action('setInterval(() => {}, 1000)');
    const ran = await job(
      `
      - id: slow
        timeout-minutes: 0.02
        uses: some/action@v1
      - if: always()
        id: after
        run: echo x
`,
      {actions: {'some/action': dir.path}},
    );
    expect([ran.result, ran.step('slow').outcome]).toEqual(['failure', 'failure']);
    expect(ran.steps.map(({id}) => id)).toEqual(['slow', 'after', 'post-slow']);
  });

  test('uploads what is there, and fails for want of it only when asked to', async () => {
    const upload = (path: string, none: string) =>
      `      - uses: actions/upload-artifact@v7\n        with: {name: a, path: ${path}, if-no-files-found: ${none}}\n`;
    expect((await job(`      - run: echo x >there\n${upload('there', 'error')}`)).artifacts).toHaveProperty(
      'a',
    );
    expect((await job(upload('nowhere', 'warn'))).result).toBe('success');
    expect((await job(upload('nowhere', 'error'))).result).toBe('failure');
  });

  test.each([
    ['an action', '      - uses: some/other@v1\n', ''],
    ['a key of a job', '      - run: x\n', '    container: x\n'],
    ['a context', '      - run: x\n        if: matrix.x == 1\n', ''],
  ])('does not pretend to know %s that it does not know', async (_what, steps, head) => {
    await expect(job(steps, {}, head)).rejects.toThrow();
  });
});
