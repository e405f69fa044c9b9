/**
 * Makes a fresh clone on a fresh machine ready: npm packages, a container engine, an image to restore into, and with
 * `--tests` every server that the tests use. Installs only what is missing, and needs nothing but some Node 20 and npm.
 *
 *   node scripts/setup.mjs           what `npm run demo` needs
 *   node scripts/setup.mjs --tests   what `npm test` needs; writes .cache/servers.json, which tells the tests
 *   node scripts/setup.mjs --stop    ends the container engine that setup started
 */
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {ensureEngine, stopEngine} from './setup/engine.mjs';
import {ensureImages, LINES} from './setup/images.mjs';
import {ensureModule, ensureMoreServers} from './setup/more-servers.mjs';
import {ensurePackages} from './setup/packages.mjs';
import {ensurePackers} from './setup/packers.mjs';
import {ensurePlaces} from './setup/places.mjs';
import {SERVERS_FILE, SetupError, say} from './setup/run.mjs';
import {ensureLocalServer, unpackedServers} from './setup/servers.mjs';
import {ensureStores} from './setup/stores.mjs';

/** The sample backup of the demo was written by Redis 7.0. */
const DEMO_LINES = LINES.filter(({line}) => line === 'redis:7.0');

/**
 * An engine with images, or why there is none.
 * @param {import('./setup/images.mjs').Line[]} lines
 */
async function containers(lines) {
  const found = await ensureEngine();
  const none = (/** @type {string} */ reason) => ({
    engine: false,
    reason,
    images: [],
    skipped: lines.map(({line}) => ({line, reason})),
  });
  if ('reason' in found) return none(found.reason);
  const made = await ensureImages(found.engine, lines);
  const sample = made.images.find(({line}) => line === 'redis:7.0');
  if (found.fresh && sample) {
    const refusal = await found.engine.cannotRun(sample.image, ['redis-server', '--version']);
    if (refusal !== undefined) {
      await stopEngine();
      return none(`Docker Engine starts, but can run nothing here: ${refusal}`);
    }
  }
  return {engine: true, ...made};
}

async function forDemo() {
  const {reason, images} = await containers(DEMO_LINES);
  if (images.length > 0) return;
  if (reason) say(`${reason}; the demo will use a local server instead of a container`);
  const local = await ensureLocalServer();
  if ('reason' in local)
    throw new SetupError(local.reason, 'Install Docker, Redis or Valkey, and run this again.');
}

async function forTests() {
  // They come from the network only, and disturb nobody who installs.
  const fetched = Promise.all([ensureMoreServers(), ensureModule()]);
  const servers = await containers(LINES);
  if (servers.reason) say(`${servers.reason}; tests that need a container are skipped`);
  const local = await ensureLocalServer();
  if ('reason' in local) say(`${local.reason}; tests that need a local server are skipped`);
  await ensurePackers();
  const places = await ensurePlaces();
  for (const [name, place] of Object.entries(places)) {
    if ('reason' in place) say(`${name}: ${place.reason}; its tests are skipped`);
  }
  const stores = await ensureStores();
  for (const [name, store] of Object.entries(stores)) {
    if ('reason' in store) say(`${name}: ${store.reason}; tests of what it would serve are skipped`);
  }
  const [missing, module] = await fetched;
  for (const {line, reason} of missing) say(`no ${line}: ${reason}; its tests are skipped`);
  if ('reason' in module) say(`no module: ${module.reason}; its tests are skipped`);
  const binaries = [...('reason' in local ? [] : [local]), ...(await unpackedServers())];
  await mkdir(path.dirname(SERVERS_FILE), {recursive: true});
  const found = {...servers, binaries, missing, module, places, stores};
  await writeFile(SERVERS_FILE, `${JSON.stringify(found, null, 2)}\n`);
}

/** What dist/ runs on: package.json, "engines". */
const OLDEST_NODE = [22, 22];

function nodeIsNewEnough() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}

async function main() {
  const [option] = process.argv.slice(2);
  if (option === '--stop') return stopEngine();
  if (option !== undefined && option !== '--tests') {
    throw new SetupError(`unknown option ${option}`, 'node scripts/setup.mjs [--tests | --stop]');
  }
  const tests = option === '--tests';
  // npm and apt wait for the network in turn; dist/ needs no packages, only a Node that is new enough.
  await Promise.all([
    tests || !nodeIsNewEnough() ? ensurePackages() : undefined,
    tests ? forTests() : forDemo(),
  ]);
}

try {
  await main();
} catch (error) {
  process.exitCode = 1;
  if (error instanceof SetupError) {
    say(error.message);
    say(`HINT: ${error.hint}`);
  } else {
    console.error(error);
  }
}
