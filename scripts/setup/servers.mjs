/** Local servers, for drills without a container: on the PATH, or unpacked in our cache. */
import {existsSync} from 'node:fs';
import {chmod, mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {aptInstall} from './apt.mjs';
import {CACHE, hasApt, isRoot, run, step, which} from './run.mjs';

/** @typedef {{product: string, version: string, path: string}} Binary */

/** A server on the PATH; installs redis-server if there is none. @returns {Promise<Binary | {reason: string}>} */
export async function ensureLocalServer() {
  const found = await localServer();
  if (found) return found;
  if (!hasApt() || !isRoot()) {
    return {
      reason:
        'no redis-server or valkey-server on the PATH, and it cannot be installed: that takes root and apt',
    };
  }
  try {
    await step("installing redis-server from Debian's packages", () =>
      aptInstall(['redis-server'], {startServices: false}),
    );
  } catch (error) {
    return {reason: `redis-server could not be installed: ${/** @type {Error} */ (error).message}`};
  }
  return (await localServer()) ?? {reason: 'redis-server was installed, but does not run'};
}

async function localServer() {
  for (const product of ['redis', 'valkey']) {
    const file = which(`${product}-server`);
    const binary = file && (await identify(product, file));
    if (binary) return binary;
  }
  return undefined;
}

/** Servers that were unpacked, to make images of or for tests alone; they run here with their own libraries. @returns {Promise<Binary[]>} */
export async function unpackedServers() {
  const folder = path.join(CACHE, 'servers');
  const names = (await readdir(folder).catch(() => []))
    .filter(name => /^(redis|valkey|redict)-[\d.]+$/.test(name))
    .sort();
  const found = await Promise.all(
    names.map(async name => {
      const [product = ''] = name.split('-');
      const file = await runnable(path.join(folder, name), product);
      return file && identify(product, file);
    }),
  );
  return found.filter(binary => binary !== undefined);
}

/**
 * Debian's servers of another release need the C library of that release, and its loader: a script beside the
 * unpacked root names both.
 * @param {string} root
 * @param {string} product
 */
async function runnable(root, product) {
  const file = path.join(root, 'run', `${product}-server`);
  const folders = await readdir(path.join(root, 'usr/lib')).catch(() => []);
  const libraries = folders.find(name => name.endsWith('-linux-gnu'));
  if (libraries === undefined) return undefined;
  const loader = (await readdir(path.join(root, 'usr/lib', libraries))).find(name =>
    /^ld-linux.*\.so\.\d$/.test(name),
  );
  if (loader === undefined) return undefined;
  await mkdir(path.dirname(file), {recursive: true});
  const lines = [
    '#!/bin/sh',
    // Nothing of PATH: a drill's search path may hold this server alone.
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's, not ours
    'run=${0%/*}; root=${run%/*}',
    `lib=$root/usr/lib/${libraries}`,
    `exec "$lib/${loader}" --library-path "$lib" "$root/usr/bin/${product}-server" "$@"`,
  ];
  const script = `${lines.join('\n')}\n`;
  if (existsSync(file) && (await readFile(file, 'utf8')) === script) return file;
  await writeFile(file, script);
  await chmod(file, 0o755);
  return file;
}

/** @param {string} product @param {string} file @returns {Promise<Binary | undefined>} */
async function identify(product, file) {
  const {code, stdout} = await run(file, ['--version']);
  const version = stdout.match(/v=(\d+\.\d+\.\d+)/)?.[1];
  return code === 0 && version ? {product, version, path: file} : undefined;
}
