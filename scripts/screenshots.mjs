/**
 * Makes docs/images/summary-*.png: the job summaries of two real drills as GitHub shows them, beside each the Markdown
 * and the report that it was made of. Run by hand: `node scripts/screenshots.mjs` drills anew with dist/, and with
 * `--same-reports` takes the committed reports, when only their rendering changed. A test holds the committed Markdown
 * against what today's code makes of the committed report.
 */
import {spawn, spawnSync} from 'node:child_process';
import {accessSync, constants} from 'node:fs';
import {copyFile, mkdir, mkdtemp, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {delimiter, join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {Redis} from 'ioredis';
import {launch} from 'puppeteer-core';
import {renderMarkdown} from '../src/report/markdown.ts';
import {gfmToHtml} from './gfm.mjs';
import {ACTION, IMAGES, MAX_IMAGE_BYTES, marked, RENDERING, SUMMARIES} from './summary-images.mjs';

const ROOT = join(import.meta.dirname, '..');
const SAMPLE = join(ROOT, 'examples', 'sample');
/** A tenth of the sample's keys. */
const LOST_KEYS = 37;

const PACKAGES = 'chromium fonts-noto-core fonts-noto-color-emoji pngquant redis-server';

const WIDTH = 1000;

async function main() {
  const held = process.argv.includes('--same-reports') ? await sameReports() : await drills();
  const browser = await launch({
    executablePath: program('chromium', 'chromium-browser', 'google-chrome'),
    args: ['--no-sandbox', '--hide-scrollbars'],
  });
  try {
    for (const [name, summary] of Object.entries(held)) await picture(name, summary, browser);
  } finally {
    await browser.close();
  }
}

async function sameReports() {
  const held = {};
  for (const name of SUMMARIES) {
    const report = await readFile(join(IMAGES, `${name}.json`), 'utf8');
    held[name] = {report, markdown: renderMarkdown(JSON.parse(report), RENDERING)};
  }
  return held;
}

async function drills() {
  const directory = await mkdtemp(join(tmpdir(), 'restore-drill-screenshots-'));
  try {
    const backup = join(directory, 'dump.rdb');
    await copyFile(join(SAMPLE, 'dump.rdb'), backup);
    await copyFile(join(SAMPLE, 'expected.json'), join(directory, 'expected.json'));
    const passed = await drill(directory, backup);
    await loseKeys(directory);
    return {'summary-passed': passed, 'summary-failed': await drill(directory, backup)};
  } finally {
    await rm(directory, {recursive: true, force: true});
  }
}

/**
 * Path of the first of these that there is.
 * @param {string[]} names
 */
function program(...names) {
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .flatMap(folder => names.map(name => join(folder, name)))
    .find(isExecutable);
  if (found) return found;
  throw new Error(`no ${names[0]} on the PATH: apt-get install -y ${PACKAGES}`);
}

/** @param {string} path */
function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * One step of a workflow: `uses: redis-restore-drill` with the sample's expectations.
 * @param {string} directory
 * @param {string} backup
 */
async function drill(directory, backup) {
  const file = name => join(directory, name);
  for (const name of ['output', 'state', 'summary']) await writeFile(file(name), '');
  const {status, stdout, stderr} = spawnSync(process.execPath, [join(ROOT, 'dist', 'action.cjs')], {
    cwd: directory,
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      ...ACTION,
      RUNNER_TEMP: directory,
      GITHUB_OUTPUT: file('output'),
      GITHUB_STATE: file('state'),
      GITHUB_STEP_SUMMARY: file('summary'),
      INPUT_BACKUP: backup,
      INPUT_EXPECT: 'expected.json',
      'INPUT_REPORT-JSON': file('report.json'),
    },
  });
  const texts = await Promise.all([file('summary'), file('report.json')].map(path => readFile(path, 'utf8')));
  if (texts.includes('')) throw new Error(`no summary, exit ${status}: ${stdout}${stderr}`);
  // Where the backup lay is nobody's business.
  const [markdown, report] = texts.map(text => text.replaceAll(directory, '/srv/backups'));
  if (markdown !== renderMarkdown(JSON.parse(report), RENDERING))
    throw new Error('dist/ is out of date: npm run build');
  return {markdown, report};
}

/**
 * Saves dump.rdb anew as a server does that has lost keys: a backup as whole as any.
 * @param {string} directory
 */
async function loseKeys(directory) {
  const socket = join(directory, 's.sock');
  const server = spawn(program('redis-server'), [
    ...['--port', '0', '--unixsocket', socket, '--dir', directory, '--save', ''],
    // A replica keeps keys whose time has passed; the sample has some.
    ...['--replicaof', '127.0.0.1 0', '--replica-read-only', 'no', '--replica-serve-stale-data', 'yes'],
  ]);
  const redis = new Redis({path: socket, retryStrategy: () => 50});
  // Until the server has made its socket, connecting fails and is tried again.
  redis.on('error', () => {});
  try {
    const lost = Array.from({length: LOST_KEYS}, (_, index) => `user:${index + 1}`);
    const deleted = await redis.del(...lost);
    if (deleted !== LOST_KEYS) throw new Error(`${deleted} keys were deleted`);
    await redis.save();
  } finally {
    redis.disconnect();
    server.kill('SIGKILL');
    await sleep(100);
  }
}

/**
 * @param {string} name
 * @param {{markdown: string, report: string}} summary
 * @param {import('puppeteer-core').Browser} browser
 */
async function picture(name, {markdown, report}, browser) {
  const file = join(IMAGES, name);
  await mkdir(IMAGES, {recursive: true});
  await writeFile(`${file}.json`, report);
  await writeFile(`${file}.md`, markdown);
  const page = await browser.newPage();
  await page.setViewport({width: WIDTH, height: 600, deviceScaleFactor: 2});
  await page.setContent(await frame(gfmToHtml(markdown)));
  await page.screenshot({path: `${file}.png`, fullPage: true});
  await page.close();
  spawnSync(program('pngquant'), ['--force', '--skip-if-larger', '--output', `${file}.png`, `${file}.png`]);
  const png = marked(await readFile(`${file}.png`), markdown);
  if (png.length > MAX_IMAGE_BYTES) throw new Error(`${name}.png has ${png.length} bytes, which is too much`);
  await writeFile(`${file}.png`, png);
}

/**
 * The page of a run, as much of it as is needed to know it again.
 * @param {string} html
 */
async function frame(html) {
  const css = await readFile(
    join(ROOT, 'node_modules/github-markdown-css/github-markdown-light.css'),
    'utf8',
  );
  return `<!doctype html><meta charset="utf-8"><style>${css}
    body {margin: 0; padding: 16px; background: #f6f8fa;}
    .summary {border: 1px solid #d1d9e0; border-radius: 6px; background: #fff; overflow: hidden;}
    .title, .foot {font: 14px "Noto Sans", Arial, sans-serif; color: #59636e; padding: 12px 16px;}
    .title {border-bottom: 1px solid #d1d9e0;}
    .title b {color: #1f2328;}
    .foot {border-top: 1px solid #d1d9e0; font-size: 12px;}
    .markdown-body {padding: 16px 24px 8px;}
  </style><div class="summary"><div class="title"><b>drill</b> summary</div>
  <article class="markdown-body">${html}</article>
  <div class="foot">Job summary generated at run-time</div></div>`;
}

if (import.meta.main) await main();
