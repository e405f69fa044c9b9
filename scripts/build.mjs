/**
 * Builds dist/, which is committed: TypeScript to JavaScript in build/, that to one CommonJS bundle with lazy chunks
 * (ncc), minified (esbuild), a stub for each program, and the licences of all that went in. The same sources and lock
 * file give the same bytes in any folder on any machine; `npm test` checks that dist/ is what this makes.
 */
import {spawnSync} from 'node:child_process';
import {mkdir, readdir, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import ncc from '@vercel/ncc';
import {transform} from 'esbuild';

const ROOT = path.resolve(import.meta.dirname, '..');
const BUILD = path.join(ROOT, 'build');
const DIST = path.join(ROOT, 'dist');

/** The programs: a door of src/bundle.cjs each. */
const STUBS = {
  // Node keeps its cache in the temporary directory, where an Action leaves nothing behind.
  'cli.cjs': [
    '#!/usr/bin/env node',
    "require('node:module').enableCompileCache?.();",
    "require('./index.cjs').cli().then(({main}) => main(process.argv.slice(2)));",
  ],
  'action.cjs': [...notRunFirst(), ...step('run')],
  'record.cjs': [...notRunFirst(), ...step('record')],
  'plan.cjs': step('plan'),
  'merge.cjs': [...notRunFirst(), ...step('merge')],
  'gate.cjs': [...notRunFirst(), ...step('gate')],
  'lint.cjs': [...notRunFirst(), ...step('lint')],
  'post.cjs': step('post'),
};

/** @param {string} name */
function step(name) {
  return [
    "const {action, processLife} = require('./index.cjs');",
    `Promise.all([action(), processLife()]).then(([{${name}}, {end}]) => ${name}().then(end));`,
  ];
}

/** Before the bundle is even read, so that nothing that can go wrong leaves the output empty. */
function notRunFirst() {
  return [
    'const output = process.env.GITHUB_OUTPUT;',
    "if (output) require('node:fs').appendFileSync(output, 'outcome=not-run\\n');",
  ];
}

/** ncc names chunks after this and takes them from the folder of the bundle. */
const CHUNK = /^\d+\.index\.js$/;

async function compile() {
  await rm(BUILD, {recursive: true, force: true});
  const {status} = spawnSync(
    process.execPath,
    [path.join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'tsconfig.build.json'],
    {
      cwd: ROOT,
      stdio: 'inherit',
    },
  );
  if (status !== 0) throw new Error('the sources do not compile (see above)');
}

/** @returns {Promise<Map<string, string>>} the files of the bundle, by name */
async function bundle() {
  const {code, assets} = await ncc(path.join(BUILD, 'src/bundle.cjs'), {
    filename: 'index.js',
    license: 'licenses.txt',
    cache: false,
    quiet: true,
  });
  const files = new Map([['index.cjs', await minify(code)]]);
  for (const [name, {source}] of Object.entries(assets)) {
    // The rest are strays: helper programs, schemas and native modules of packages, for things that are never done here.
    if (CHUNK.test(name)) files.set(name, await minify(source.toString()));
    else if (name === 'licenses.txt') files.set(name, source.toString());
  }
  return files;
}

/** Names are kept because messages and stack traces show them. @param {string} code */
async function minify(code) {
  const {code: small} = await transform(code, {
    minify: true,
    keepNames: true,
    platform: 'node',
    target: 'node22',
    legalComments: 'none',
    // A stub calls main(); sources that run themselves when started unbuilt must not do it here as well.
    define: {'import.meta.main': 'false'},
  });
  return small;
}

/** @param {Map<string, string>} files */
async function write(files) {
  await mkdir(DIST, {recursive: true});
  for (const name of await readdir(DIST)) await rm(path.join(DIST, name), {recursive: true});
  for (const [name, text] of files) await writeFile(path.join(DIST, name), text);
  // The root says "module"; without this the chunks would be read as ES modules.
  await writeFile(path.join(DIST, 'package.json'), '{"type": "commonjs"}\n');
  for (const [name, lines] of Object.entries(STUBS)) {
    await writeFile(path.join(DIST, name), `${lines.join('\n')}\n`, {mode: 0o755});
  }
}

// ncc derives names from paths relative to the current folder.
process.chdir(ROOT);
await compile();
const files = await bundle();
await write(files);
const bytes = [...files].reduce((sum, [, text]) => sum + Buffer.byteLength(text), 0);
console.log(`dist/: ${files.size} files, ${(bytes / 1e6).toFixed(1)} MB`);
