/**
 * `npm test`: lint, types, dist/ against its sources, then all tests; ends with one line that counts everything. A
 * green means that something was proved: no test at all is a failure, and with CI set so is every skip without a good
 * reason. Children are ended with us.
 */
import {spawn} from 'node:child_process';
import {existsSync} from 'node:fs';
import {mkdir, readFile, rm} from 'node:fs/promises';
import path from 'node:path';
import {parseArgs} from 'node:util';

const ROOT = path.resolve(import.meta.dirname, '..');
const BIN = path.join(ROOT, 'node_modules/.bin');
const RESULTS = path.join(ROOT, '.cache/jest.json');
const SERVERS = path.join(ROOT, '.cache/servers.json');

const HELP = `npm test                                 everything: lint, types, dist/, all tests
npm test -- test/unit/inspect            only test files whose path matches
npm test -- -t 'truncated'               only tests whose title matches
npm test -- --selectProjects unit        only this kind: unit, contract, sabotage, e2e
With an argument only jest runs, and gets it as it is. With CI set, skipping without a good reason is a failure.`;

/** With CI set only these may be missing; each test that is skipped says why in its title. */
const GOOD_REASONS = [
  // The corpus of other people's files lies beside the repository, not in it.
  /\(skipped: [^)]*\bcorpus\b/,
  // A test of permissions says nothing about a user who has them all.
  /\(skipped: [^)]*\broot\b/,
  // What a chroot cannot do: an engine in one enters containers at the wrong root (docker exec).
  /\(skipped: [^)]*\bchroot\b/,
  // Not every machine can have another engine, user namespaces or a registry of its own.
  /\(skipped: (podman|rootless|registry) cannot be had:/,
  // Stores differ in what they can do at all, and a machine in what it has to serve them with.
  /\(skipped: it has no (listing|neighbours|versions|login|status codes)\)/,
  /\(skipped: (rclone|sshd|nginx|moto) cannot be had:/,
  // What lies on this machine is not fetched, so nothing can change under a fetch.
  /\(skipped: it is read where it lies\)/,
  // What a server of that line has not got cannot be tried on it.
  /\(skipped: no field expiries here\)/,
  // Debian's releases come and go. Redis 7.0 and one Valkey are asked for below.
  /\(skipped: [^)]*\b(redis:6\.0|redis:8(\.\d+)?|valkey:\d+(\.\d+)?|redict:\d+\.\d+)\b/,
  /\(skipped: RediSearch cannot be had:/,
];

const counts = {passed: 0, failed: 0, skipped: 0};

/** @type {import('node:child_process').ChildProcess | undefined} */
let running;

/** Each child leads a process group, so that its own children (jest's workers) can be ended with it. @param {NodeJS.Signals} signal */
function endChild(signal) {
  try {
    if (running?.pid) process.kill(-running.pid, signal);
  } catch {
    // It has just ended by itself.
  }
}

/** Some programs colour what they print because CI is set, though it goes to a file. */
const PLAIN = process.stdout.isTTY ? {} : {NO_COLOR: '1'};

/** How long children get to clean up (containers, folders) before they are killed. */
const GRACE_MS = 5_000;

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => {
    endChild(signal);
    setTimeout(() => endChild('SIGKILL'), GRACE_MS).unref();
    running?.on('close', () => process.exit(130));
    if (!running) process.exit(130);
  });
}

/**
 * @param {string} command
 * @param {string[]} args
 * @param {{capture?: boolean}} [options]  capture: keep what it prints instead of showing it
 * @returns {Promise<{code: number, output: string}>}
 */
function run(command, args, {capture = false} = {}) {
  return new Promise(resolve => {
    const child = spawn(command, args, {
      cwd: ROOT,
      detached: true,
      stdio: ['ignore', capture ? 'pipe' : 'inherit', 'inherit'],
      env: {...process.env, ...PLAIN, PATH: `${BIN}${path.delimiter}${process.env.PATH ?? ''}`},
    });
    running = child;
    let output = '';
    child.stdout?.on('data', chunk => {
      output += chunk;
    });
    const end = (/** @type {number} */ code) => {
      running = undefined;
      resolve({code, output});
    };
    child.on('error', error => {
      console.error(`${command} cannot be started: ${error.message}`);
      end(127);
    });
    child.on('close', code => end(code ?? 1));
  });
}

/**
 * Lint, types and the like: one check each.
 * @param {string} name
 * @param {() => Promise<string | undefined>} work  returns what is wrong
 */
async function check(name, work) {
  console.log(`\n== ${name}`);
  const wrong = await work();
  counts[wrong === undefined ? 'passed' : 'failed']++;
  console.log(wrong === undefined ? `ok: ${name}` : `FAILED: ${name}: ${wrong}`);
}

/** @param {string} program @param {string[]} args @param {string} wrong */
const succeeds = (program, args, wrong) => async () =>
  (await run(path.join(BIN, program), args)).code === 0 ? undefined : wrong;

/** dist/ is committed, and what is committed is what the sources make. A diff alone would miss new files. */
async function distIsFresh() {
  const before = await distStatus();
  const built = await run(process.execPath, ['scripts/build.mjs']);
  if (built.code !== 0) return 'it cannot be built';
  const after = await distStatus();
  if (before === '' && after === '') return undefined;
  console.log(after || before);
  return after === ''
    ? 'it had been changed; the rebuild has put it back'
    : 'it is not what the sources make. It has been rebuilt in place; commit it.';
}

async function distStatus() {
  const {code, output} = await run('git', ['status', '--porcelain', '--', 'dist'], {capture: true});
  if (code !== 0) return 'git cannot tell';
  return output.trim();
}

/** @param {string[]} filter */
async function jest(filter) {
  console.log('\n== tests');
  await mkdir(path.dirname(RESULTS), {recursive: true});
  await rm(RESULTS, {force: true});
  const {code} = await run(nodeForTests(), [
    ...['--experimental-vm-modules', '--no-warnings', path.join(ROOT, 'node_modules/jest/bin/jest.js')],
    ...['--json', `--outputFile=${RESULTS}`, ...filter],
  ]);
  if (!existsSync(RESULTS)) {
    counts.failed++;
    console.log(`FAILED: jest ended with code ${code} and no results`);
    return [];
  }
  const results = JSON.parse(await readFile(RESULTS, 'utf8'));
  counts.passed += results.numPassedTests;
  // A file that cannot even be loaded has no tests to fail.
  counts.failed += results.numFailedTests + results.numRuntimeErrorTestSuites;
  const executed = results.numPassedTests + results.numFailedTests;
  if (executed === 0) {
    counts.failed++;
    console.log('FAILED: no test was executed');
  } else if (code !== 0 && results.numFailedTests + results.numRuntimeErrorTestSuites === 0) {
    counts.failed++;
    console.log(`FAILED: no test failed, but jest ended with code ${code}`);
  }
  const titles = skippedTitles(results, filter);
  counts.skipped += titles.length;
  return titles;
}

/**
 * Tests that were not run, less those that a filter by title left out on purpose.
 * @param {{testResults: {assertionResults: {status: string, fullName: string}[]}[]}} results
 * @param {string[]} filter
 */
function skippedTitles({testResults}, filter) {
  const byTitle = filter.some(argument => /^(-t|--testNamePattern)/.test(argument));
  return testResults
    .flatMap(({assertionResults}) => assertionResults)
    .filter(({status}) => ['pending', 'skipped', 'todo', 'disabled'].includes(status))
    .map(({fullName}) => fullName)
    .filter(title => !byTitle || title.includes('(skipped:'));
}

/** Node 24 of the package `node`, also where somebody starts this file with an older one. */
function nodeForTests() {
  const own = path.join(ROOT, 'node_modules/node/bin/node');
  return existsSync(own) ? own : process.execPath;
}

/** What CI cannot do without. @param {string[]} skipped */
async function nothingEssentialMissing(skipped) {
  if (!existsSync(SERVERS)) return 'node scripts/setup.mjs --tests has not run';
  const {engine, reason, images, binaries} = JSON.parse(await readFile(SERVERS, 'utf8'));
  const lines = images.map((/** @type {{line: string}} */ {line}) => line);
  const unexplained = skipped.filter(title => !GOOD_REASONS.some(good => good.test(title)));
  const problems = [
    ...(engine ? [] : [`no container engine (${reason})`]),
    ...(lines.includes('redis:7.0') ? [] : ['no image of redis:7.0']),
    ...(lines.some((/** @type {string} */ line) => line.startsWith('valkey:'))
      ? []
      : ['no image of any Valkey']),
    ...(binaries.length > 0 ? [] : ['no local server']),
    ...unexplained.map(title => `skipped without a good reason: ${title}`),
  ];
  return problems.length === 0 ? undefined : problems.join('\n  ');
}

/** @param {string[]} filter */
async function main(filter) {
  const started = performance.now();
  if (filter.length === 0) {
    await check(
      'lint',
      succeeds(
        'biome',
        ['ci', ...(process.stdout.isTTY ? [] : ['--colors=off']), '.'],
        'see above; most is mended by npx biome check --write',
      ),
    );
    await check('types', succeeds('tsc', ['--noEmit'], 'see above'));
    await check('dist/ is what the sources make', distIsFresh);
  }
  const skipped = await jest(filter);
  if (process.env.CI && filter.length === 0) {
    await check('nothing essential was skipped', () => nothingEssentialMissing(skipped));
  }
  if (skipped.length > 0) console.log(`\nskipped:\n${skipped.map(title => `  ${title}`).join('\n')}`);
  console.log(`\nin ${((performance.now() - started) / 1000).toFixed(0)} s:`);
  console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  process.exitCode = counts.failed === 0 ? 0 : 1;
}

const {values} = parseArgs({options: {help: {type: 'boolean', short: 'h'}}, strict: false});
if (values.help) console.log(HELP);
else await main(process.argv.slice(2));
