/**
 * Production data and credentials stay inside: planted in keys, values, functions, server logs, the environment, inputs
 * and Docker's config, they are looked for in everything that the Action says anywhere, debug logging included.
 */
import {execFileSync} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {scratch} from '../drills.ts';
import {LiveRedis} from '../live-redis.ts';
import {key, rdb, selectDb, str} from '../rdb-builder.ts';
import {containerTest, ROOT} from '../servers.ts';
import {type ActionRun, machineIn, runAction} from './run-action.ts';

const dir = scratch();
const machine = machineIn(dir.path);
const file = (name: string): string => join(machine.workspace, name);
afterAll(() => dir.dispose());

/** One for each place, so that a leak says where it comes from. */
const PLANTED = {
  key: 'planted-key-0f3a',
  value: 'planted-value-77c1',
  function: 'planted_library_5b2e',
  environment: 'planted-environment-9d40',
  password: 'planted-password-31bb',
  signature: 'planted-signature-aa07',
  passphrase: 'planted-passphrase-4c9e',
  docker: Buffer.from('planted-user:planted-docker-e6f2').toString('base64'),
};

beforeAll(async () => {
  await using live = await LiveRedis.start();
  await live.redis.set(PLANTED.key, PLANTED.value);
  await live.redis.hset(`${PLANTED.key}:hash`, PLANTED.key, PLANTED.value);
  const code = `#!lua name=${PLANTED.function}\nredis.register_function('f', function() return '${PLANTED.value}' end)`;
  await live.redis.call('FUNCTION', 'LOAD', code);
  await live.saveTo(file('healthy.rdb'));
  const healthy = readFileSync(file('healthy.rdb'));
  // Cut in the middle of the planted value, and damaged in it.
  const at = healthy.indexOf(PLANTED.value);
  writeFileSync(file('cut.rdb'), healthy.subarray(0, at + 5));
  const damaged = Buffer.from(healthy);
  damaged[at + 3]! ^= 1;
  writeFileSync(file('damaged.rdb'), damaged);
  // The server names the key in its log, and dies.
  const entry = key(0, PLANTED.key, str(PLANTED.value));
  writeFileSync(file('twice.rdb'), rdb('REDIS0011', [selectDb(0), entry, entry]));
  mkdirSync(join(machine.home, '.docker'), {recursive: true});
  const auths = {'127.0.0.1:9': {auth: PLANTED.docker}};
  writeFileSync(join(machine.home, '.docker', 'config.json'), JSON.stringify({auths}));
});

/** Everything that leaves the Action, but for the lines that tell the runner what to mask: it swallows those. */
function everything(ran: ActionRun): string {
  const stages = ran.post ? [ran, ran.post] : [ran];
  const report = ran.outputs['report-path'];
  return [
    ...stages.flatMap(({stdout, stderr, log, summary, outputs, state, env, commands}) => [
      stdout.replace(/^::add-mask::.*$/gm, ''),
      stderr,
      log,
      summary,
      JSON.stringify({outputs, state, env}),
      JSON.stringify(commands.filter(({command}) => command !== 'add-mask')),
    ]),
    report && existsSync(report) ? readFileSync(report, 'utf8') : '',
  ].join('\n');
}

async function drillLoudly(
  inputs: Record<string, string>,
  more: Record<string, string> = {},
): Promise<ActionRun> {
  const env = {
    ...more,
    RUNNER_DEBUG: '1',
    AWS_SECRET_ACCESS_KEY: PLANTED.environment,
    REDISCLI_AUTH: PLANTED.environment,
    AGE_IDENTITY: PLANTED.environment,
  };
  const ran = await runAction({action: join(ROOT, 'action.yml'), machine, inputs, env, post: false});
  const text = everything(ran);
  expect(Object.entries(PLANTED).filter(([, secret]) => text.includes(secret))).toEqual([]);
  return ran;
}

const OUTCOMES = {healthy: 'passed', cut: 'failed', damaged: 'failed', twice: 'failed'};

describe.each(Object.entries(OUTCOMES))('of a backup that is %s', (name, outcome) => {
  test('nothing is said, on a local server', async () => {
    const ran = await drillLoudly({backup: `${name}.rdb`, server: 'process'});
    expect(ran.outputs.outcome).toBe(outcome);
  });

  containerTest('nothing is said, in a container', async () => {
    const ran = await drillLoudly({backup: `${name}.rdb`, server: 'container'});
    expect(ran.outputs.outcome).toBe(outcome);
  });
});

test('the text is searched: what is planted in a file name is found', async () => {
  const ran = await runAction({
    action: join(ROOT, 'action.yml'),
    machine,
    inputs: {backup: `no-such-${PLANTED.value}.rdb`},
    post: false,
  });
  expect(everything(ran)).toContain(PLANTED.value);
});

test('credentials in a URI are masked before anything is said, and not repeated', async () => {
  const uri = `https://backup:${PLANTED.password}@store.example/dump.rdb?X-Amz-Signature=${PLANTED.signature}`;
  const ran = await drillLoudly({backup: uri});
  expect(ran.outputs.outcome).toBe('not-run');
  const masked = ran.commands.filter(({command}) => command === 'add-mask').map(({message}) => message);
  expect(masked).toEqual(expect.arrayContaining([PLANTED.password, PLANTED.signature]));
  const first = ran.stdout.split('\n').find(line => line !== '')!;
  expect(first).toMatch(/^::add-mask::/);
  await drillLoudly({backup: 'healthy.rdb', set: `source=${uri}`});
  await drillLoudly({backup: 'healthy.rdb', set: uri});
});

test('a URI with credentials is repeated nowhere, whichever input it strayed into', async () => {
  const two = 'version: 1\nbackups: [{name: a, source: healthy.rdb}, {name: b, source: healthy.rdb}]\n';
  writeFileSync(file('two.yml'), two);
  const uri = `https://backup:${PLANTED.password}@store.example/x`;
  const healthy = {backup: 'healthy.rdb', server: 'process'};
  for (const inputs of [
    {config: 'two.yml', backup: uri},
    {backup: `file://backup:${PLANTED.password}@store.example/x`},
    {...healthy, config: uri},
    {...healthy, expect: uri},
    {...healthy, image: uri},
    {...healthy, server: uri},
    {...healthy, set: `expect.file=${uri}`},
    {...healthy, 'report-json': uri},
  ]) {
    const {exitCode, summary, outputs} = await drillLoudly(inputs as Record<string, string>);
    expect({inputs, exitCode, outcome: outputs.outcome}).toEqual({inputs, exitCode: 2, outcome: 'not-run'});
    expect(summary).toContain('a URI may hold no credentials');
  }
});

test.each([
  ['that is right', PLANTED.passphrase, 'passed'],
  ['that is wrong', `${PLANTED.passphrase}-not`, 'failed'],
])('a passphrase %s is masked before the backup is looked at', async (_how, passphrase, outcome) => {
  const args = ['enc', '-aes-256-cbc', '-pbkdf2', '-pass', `pass:${PLANTED.passphrase}`];
  execFileSync('openssl', [...args, '-in', file('healthy.rdb'), '-out', file('healthy.rdb.enc')]);
  const ran = await drillLoudly(
    {
      backup: 'healthy.rdb.enc',
      server: 'process',
      set: 'decrypt.openssl={passphrase: env:DRILL_PASSPHRASE}',
    },
    {DRILL_PASSPHRASE: passphrase},
  );
  expect(ran.outputs.outcome).toBe(outcome);
  const masked = ran.commands.filter(({command}) => command === 'add-mask').map(({message}) => message);
  expect(masked).toContain(passphrase);
});

containerTest('nothing of Docker’s config is said when a registry does not answer', async () => {
  const ran = await drillLoudly({backup: 'healthy.rdb', image: '127.0.0.1:9/redis:7.0'});
  expect(ran.outputs.outcome).toBe('not-run');
});
