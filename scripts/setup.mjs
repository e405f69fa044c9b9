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
import {ensurePackages} from './setup/packages.mjs';
import {SERVERS_FILE, SetupError, say} from './setup/run.mjs';
import {ensureLocalServer, unpackedServers} from './setup/servers.mjs';

/** The sample backup of the demo was written by Redis 7.0. */
const DEMO_LINES = LINES.filter(({line}) => line === 'redis:7.0');

async function forDemo() {
  const found = await ensureEngine();
  if ('engine' in found) {
    const {images} = await ensureImages(found.engine, DEMO_LINES);
    if (images.length > 0) return;
  } else {
    say(`${found.reason}; the demo will use a local server instead of a container`);
  }
  const local = await ensureLocalServer();
  if ('reason' in local)
    throw new SetupError(local.reason, 'Install Docker, Redis or Valkey, and run this again.');
}

async function forTests() {
  const found = await ensureEngine();
  if ('reason' in found) say(`${found.reason}; tests that need a container are skipped`);
  const containers =
    'engine' in found
      ? {engine: true, ...(await ensureImages(found.engine, LINES))}
      : {
          engine: false,
          reason: found.reason,
          images: [],
          skipped: LINES.map(({line}) => ({line, reason: found.reason})),
        };
  const local = await ensureLocalServer();
  if ('reason' in local) say(`${local.reason}; tests that need a local server are skipped`);
  const binaries = [...('reason' in local ? [] : [local]), ...(await unpackedServers())];
  await mkdir(path.dirname(SERVERS_FILE), {recursive: true});
  await writeFile(SERVERS_FILE, `${JSON.stringify({...containers, binaries}, null, 2)}\n`);
}

async function main() {
  const [option] = process.argv.slice(2);
  if (option === '--stop') return stopEngine();
  if (option !== undefined && option !== '--tests') {
    throw new SetupError(`unknown option ${option}`, 'node scripts/setup.mjs [--tests | --stop]');
  }
  await ensurePackages();
  return option === '--tests' ? forTests() : forDemo();
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
