/**
 * Whether a server of one version loads the dump of another, as far as two images tell. In: both versions, which may lack
 * a minor number. Out: yes, no, or `null` where versions stand on both sides of the line, or are newer than we know.
 */
import {canRead, formatWrittenBy, KNOWN_LINES, parseLine, type ServerLine} from '../redis/server-line.ts';
import type {Target} from './setting.ts';

export const targetText = (target: Target | null): string =>
  target === null ? 'an unknown version' : `${target.product} ${target.line}`;

export const sameTarget = (a: Target | null, b: Target | null): boolean => targetText(a) === targetText(b);

export function loadsDumpOf(base: Target | null, head: Target | null): boolean | null {
  if (sameTarget(base, head)) return true;
  if (base === null || head === null) return null;
  const answers = new Set(linesOf(base).flatMap(from => linesOf(head).map(to => loads(from, to))));
  return answers.size === 1 ? [...answers][0]! : null;
}

/** `redis:7` is any of them. */
export function linesOf({product, line}: Target): ServerLine[] {
  const exact = parseLine(`${product}:${line}`);
  if (exact) return [exact];
  return KNOWN_LINES.filter(known => known.product === product && String(known.major) === line);
}

/** No server of a product refuses what an older one wrote. */
function loads(from: ServerLine, to: ServerLine): boolean | null {
  const isOlder = from.major < to.major || (from.major === to.major && from.minor <= to.minor);
  if (from.product === to.product && isOlder) return true;
  const format = formatWrittenBy(from);
  return format === null ? null : canRead(to, format);
}
