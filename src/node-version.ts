/** Whether this Node will do: an older one fails in the middle of a drill, with an error that names no cause. */
import {DrillError} from './errors.ts';

/** As in package.json: what testcontainers needs. */
const OLDEST = {major: 22, minor: 22};

export function assertNode(version = process.versions.node): void {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor)) return;
  throw new DrillError('usage/invalid', `a drill does not work on Node ${version}`, {
    hint: `Use Node ${OLDEST.major}.${OLDEST.minor} or later. GitHub's runners bring Node 24 for this Action; other runners may not.`,
  });
}
