/**
 * The servers that a release goes to, or may have to go back to, as people name them: `redis:8.0`, `redis:8`, an image
 * such as `valkey/valkey:9.1-alpine`. In: text, and the server of a drill. Out: whether that drill was held on such a
 * server; of versions only what was written is compared, so that `redis:8` is any 8.
 */
import type {HistoryRecord} from '../history/record.ts';

export type WantedServer = {
  /** As it was written. */
  name: string;
  product: string;
  /** One to three numbers. */
  version: string[];
};

/** `null` where it names no server and version. */
export function parseWantedServer(text: string): WantedServer | null {
  const [, product, version] =
    /^(?:[\w.:-]+\/)*(redis|valkey|redict):(\d+(?:\.\d+){0,2})(?:-[\w.-]+)?$/.exec(text.trim()) ?? [];
  if (product === undefined || version === undefined) return null;
  return {name: text.trim(), product, version: version.split('.')};
}

export function isWanted({product, version}: WantedServer, server: HistoryRecord['server']): boolean {
  const [of, line = ''] = server?.line?.split(':') ?? [];
  if (of !== product) return false;
  // The line alone says less than a version, and then less cannot be matched.
  const known = (server?.version ?? line).split('.');
  return version.every((part, index) => part === known[index]);
}
