/** Which servers a backup is restored on: one, or those of `server.matrix`, the first of which that counts is the drill's own. */
import type {DrillJob} from '../drill.ts';
import type {Problem} from './problems.ts';
import type {BackupConfig} from './schema.ts';

export function serversOf(
  {kind, image, matrix = [], ...written}: BackupConfig['server'],
  originOf: (key: string) => string,
  problems: Problem[],
): Pick<DrillJob, 'server' | 'matrix'> {
  const room = {registry: written.registry ?? null, memoryBytes: written.memory ?? null};
  if (kind === 'process' && image !== 'auto')
    problems.push({origin: originOf('image'), message: 'server.image: a local process has no image'});
  const own = matrix.find(({optional}) => !optional);
  if (own === undefined) return {server: {kind, image, ...room}, matrix};
  if (kind === 'process' || image !== 'auto') {
    const message = 'server.matrix: names images: leave server.image out, and kind: process';
    problems.push({origin: originOf('matrix'), message});
  }
  return {server: {kind: 'container', image: own.image, askedBy: 'server.matrix', ...room}, matrix};
}
