/**
 * What the tests of the places where Actions run need besides Docker: another engine, what makes Docker rootless, and a
 * registry. All from Debian's own packages; none of their services is started. What cannot be had is skipped, with why.
 */
import {aptInstall} from './apt.mjs';
import {hasApt, isRoot, lastLines, step, which} from './run.mjs';

/** @typedef {{} | {reason: string}} Place */

/** Programs, and the packages that bring them. @type {Record<string, Record<string, string>>} */
const PLACES = {
  podman: {podman: 'podman'},
  rootless: {dockerd: 'docker.io', rootlesskit: 'rootlesskit', newuidmap: 'uidmap'},
  registry: {'docker-registry': 'docker-registry'},
};

/** @returns {Promise<Record<string, Place>>} */
export async function ensurePlaces() {
  /** @type {Record<string, Place>} */
  const places = {};
  await installTogether();
  // What apt would not install together is tried one by one, so that each is told why it is missing.
  for (const [name, programs] of Object.entries(PLACES)) places[name] = await ensurePlace(programs);
  return places;
}

/** @param {Record<string, string>} programs */
const missingOf = programs => Object.keys(programs).filter(program => which(program) === undefined);

async function installTogether() {
  const programs = Object.assign({}, ...Object.values(PLACES));
  const packages = missingOf(programs).map(program => programs[program]);
  if (packages.length === 0 || !isRoot() || !hasApt()) return;
  await step(`installing ${packages.join(', ')} from Debian's packages, for tests`, () =>
    aptInstall(packages, {startServices: false}).catch(() => {}),
  );
}

/** @param {Record<string, string>} programs @returns {Promise<Place>} */
async function ensurePlace(programs) {
  const missing = () => missingOf(programs);
  if (!isRoot()) return {reason: 'its tests need root'};
  if (missing().length === 0) return {};
  if (!hasApt()) return {reason: `there is no ${missing().join(', ')}, and no apt to install it with`};
  const packages = missing().map(program => programs[program] ?? program);
  try {
    await aptInstall(packages, {startServices: false});
  } catch (error) {
    return {reason: lastLines(/** @type {Error} */ (error).message, 1).replaceAll(/[()]/g, '')};
  }
  return missing().length === 0 ? {} : {reason: `${missing().join(', ')} is missing after all`};
}
