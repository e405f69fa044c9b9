/** The programs that tests pack backups with, from Debian's packages: nothing that the tool itself could not do without, but for gpg and openssl. */
import {aptInstall} from './apt.mjs';
import {hasApt, isRoot, say, step, which} from './run.mjs';

/** Program -> package. */
const PACKERS = {
  gzip: 'gzip',
  bzip2: 'bzip2',
  zstd: 'zstd',
  xz: 'xz-utils',
  lz4: 'lz4',
  tar: 'tar',
  zip: 'zip',
  age: 'age',
  gpg: 'gnupg',
  openssl: 'openssl',
  // Plays the terminal that age asks for a passphrase on.
  script: 'bsdutils',
};

/** Installs what is missing. Where it cannot, tests that need it are skipped, and say so. */
export async function ensurePackers() {
  const packages = Object.entries(PACKERS)
    .filter(([program]) => which(program) === undefined)
    .map(([, name]) => name);
  if (packages.length === 0) return;
  if (!hasApt() || !isRoot()) {
    say(
      `${packages.join(', ')} cannot be installed without root and apt; tests of packed backups are skipped`,
    );
    return;
  }
  try {
    await step(`installing ${packages.join(', ')} from Debian's packages`, () =>
      aptInstall(packages, {startServices: false}),
    );
  } catch (error) {
    say(`${/** @type {Error} */ (error).message}; tests of packed backups are skipped`);
  }
}
