/**
 * Server images for demo and tests: official ones where they can be pulled, else our own, made from Debian's
 * packages and labelled so that the drill finds them (`restore-drill.server=redis:7.0`). What exists is left alone.
 */
import {spawn} from 'node:child_process';
import {chmod, copyFile, mkdir, mkdtemp, rename, rm} from 'node:fs/promises';
import path from 'node:path';
import {distribution, unpackPackages} from './apt.mjs';
import {CACHE, hasApt, lastLines, ROOT, SetupError, say, step} from './run.mjs';

const LABEL = 'restore-drill.server';
const SERVERS = path.join(CACHE, 'servers');

/**
 * @typedef {object} Line
 * @property {string} line  product:major.minor, or product:major where any minor will do
 * @property {string} official  the image to pull
 * @property {string} suite  the release of Debian that has it
 * @property {'official' | 'server' | 'command'} start  how our own image starts: like the official ones; with the
 *   server as its entrypoint; or with the server as its command only. People's images come in all three.
 */

/** @type {Line[]} */
export const LINES = [
  {line: 'redis:7.0', official: 'redis:7.0', suite: 'bookworm', start: 'command'},
  {line: 'valkey:8.1', official: 'valkey/valkey:8.1', suite: 'trixie', start: 'command'},
  {line: 'redis:6.0', official: 'redis:6.0', suite: 'bullseye', start: 'command'},
  {line: 'redis:8.0', official: 'redis:8.0', suite: 'trixie', start: 'official'},
  {line: 'valkey:9', official: 'valkey/valkey:9.0', suite: 'sid', start: 'server'},
];

/** Folders under /usr/share that no server reads. */
const UNUSED = ['bash-completion', 'doc', 'info', 'lintian', 'locale', 'man'];

/** @typedef {{line: string, version: string, image: string}} ServerImage */

/**
 * @param {import('./docker.mjs').Engine} engine
 * @param {Line[]} lines
 */
export async function ensureImages(engine, lines) {
  /** @type {ServerImage[]} */
  const images = [];
  /** @type {{line: string, reason: string}[]} */
  const skipped = [];
  const own = await engine.labelledImages(LABEL);
  const registry = {closed: false};
  /** @type {Line[]} */
  const toBuild = [];
  for (const line of lines) {
    const found =
      ownImage(own, line) ?? (await officialImage(engine, line)) ?? (await pull(engine, line, registry));
    if (found) images.push(found);
    else toBuild.push(line);
  }
  await Promise.all(
    toBuild.map(async line => {
      try {
        images.push(
          await step(`making an image of ${line.line} from Debian's packages`, () => build(engine, line)),
        );
      } catch (error) {
        const reason = lastLines(String(/** @type {Error} */ (error).message), 1);
        skipped.push({line: line.line, reason});
        say(`no image of ${line.line}: ${reason}`);
      }
    }),
  );
  images.sort((left, right) => left.line.localeCompare(right.line));
  return {images, skipped};
}

/** @param {{tag: string, labels: Record<string, string>}[]} own @param {Line} line @returns {ServerImage | undefined} */
function ownImage(own, {line}) {
  for (const {tag, labels} of own) {
    const label = labels[LABEL] ?? '';
    if (label === line || label.startsWith(`${line}.`)) {
      return {line: label, version: labels['restore-drill.version'] ?? '', image: tag};
    }
  }
  return undefined;
}

/** @param {import('./docker.mjs').Engine} engine @param {Line} line @returns {Promise<ServerImage | undefined>} */
async function officialImage(engine, {line, official}) {
  const details = await engine.inspectImage(official);
  const version = details?.env.REDIS_VERSION ?? details?.env.VALKEY_VERSION;
  if (version === undefined) return undefined;
  return {line: `${line.split(':')[0]}:${majorMinor(version)}`, version, image: official};
}

/**
 * One registry that does not answer is asked once.
 * @param {import('./docker.mjs').Engine} engine
 * @param {Line} line
 * @param {{closed: boolean}} registry
 */
async function pull(engine, line, registry) {
  if (registry.closed) return undefined;
  const [name, tag] = line.official.split(':');
  try {
    await engine.create(`fromImage=${name}&tag=${tag}`);
  } catch (error) {
    registry.closed = true;
    say(`${line.official} cannot be pulled here (${lastLines(/** @type {Error} */ (error).message, 1)})`);
    return undefined;
  }
  say(`pulled ${line.official}`);
  return officialImage(engine, line);
}

/** @param {import('./docker.mjs').Engine} engine @param {Line} line @returns {Promise<ServerImage>} */
async function build(engine, line) {
  const {version, root} = await unpackServer(line);
  const [product = ''] = line.line.split(':');
  const label = `${product}:${majorMinor(version)}`;
  const server = `${product}-server`;
  const changes = [
    `LABEL ${LABEL}=${label}`,
    `LABEL restore-drill.version=${version}`,
    'ENV PATH=/usr/local/bin:/usr/bin:/usr/sbin',
    'WORKDIR /data',
    ...{
      // The official images leave an anonymous volume behind for whoever forgets to remove it.
      official: ['VOLUME ["/data"]', 'ENTRYPOINT ["docker-entrypoint.sh"]', `CMD ["${server}"]`],
      server: [`ENTRYPOINT ["${server}"]`],
      command: [`CMD ["${server}"]`],
    }[line.start],
  ];
  const query = new URLSearchParams([
    ['fromSrc', '-'],
    ['repo', `restore-drill/${product}`],
    ['tag', majorMinor(version)],
    ...changes.map(change => ['changes', change]),
  ]);
  const tar = spawn('tar', ['-C', root, '--numeric-owner', '--owner=0', '--group=0', '-c', '.'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await engine.create(query.toString(), tar.stdout);
  return {line: label, version, image: `restore-drill/${label}`};
}

/**
 * Unpacks a server with its libraries into a folder of the cache, ready to be an image or to run as a process.
 * @param {Line} line
 */
async function unpackServer({line, suite, start}) {
  if (!hasApt())
    throw new SetupError("there is no apt here to get Debian's packages with", 'Pull an official image.');
  const [product = ''] = line.split(':');
  await mkdir(SERVERS, {recursive: true});
  const work = await mkdtemp(path.join(SERVERS, 'new-'));
  try {
    const into = path.join(work, 'root');
    const {id, codename} = await distribution();
    const tools = start === 'official' ? ['dash', 'coreutils', 'findutils', 'util-linux'] : [];
    const written = await unpackPackages({
      // Another distribution's mirror has no releases of Debian: there, whatever version its own release has.
      suite: id === 'debian' ? suite : codename,
      packages: [`${product}-server`, `${product}-tools`, ...tools],
      into,
      work: path.join(work, 'apt'),
    });
    const version = written.match(/(\d+\.\d+\.\d+)/)?.[1];
    if (version === undefined)
      throw new SetupError(`no version in ${written}`, 'Report this with the line above.');
    if (!`${product}:${version}`.startsWith(`${line}.`)) {
      throw new SetupError(
        `${suite} has ${product} ${version}`,
        'The table in scripts/setup/images.mjs is out of date.',
      );
    }
    await furnish(into);
    const root = path.join(SERVERS, `${product}-${version}`);
    await rm(root, {recursive: true, force: true});
    await rename(into, root);
    return {version, root};
  } finally {
    await rm(work, {recursive: true, force: true});
  }
}

/** Takes out what no server reads, and puts in users, folders and the entrypoint. @param {string} root */
async function furnish(root) {
  for (const name of UNUSED) await rm(path.join(root, 'usr/share', name), {recursive: true, force: true});
  const images = path.join(ROOT, 'test/images');
  for (const folder of ['data', 'tmp', 'etc', 'usr/local/bin'])
    await mkdir(path.join(root, folder), {recursive: true});
  await chmod(path.join(root, 'tmp'), 0o1777);
  for (const file of ['passwd', 'group'])
    await copyFile(path.join(images, file), path.join(root, 'etc', file));
  const entrypoint = path.join(root, 'usr/local/bin/docker-entrypoint.sh');
  await copyFile(path.join(images, 'docker-entrypoint.sh'), entrypoint);
  await chmod(entrypoint, 0o755);
}

/** @param {string} version */
const majorMinor = version => version.split('.').slice(0, 2).join('.');
