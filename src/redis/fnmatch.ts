/**
 * The patterns of `include` in redis.conf: one step of a path, as glob(3) matches it. Braces, `**` and extended patterns
 * mean nothing there, which is why Node's own glob will not do. Pure.
 */

/** Redis from 7.0 on asks glob(3) where one of these occurs. */
export const isPattern = (text: string): boolean => /[*?[]/.test(text);

/** A name with a dot at its start is matched by a pattern with a dot at its start only. */
export function fnmatch(pattern: string, name: string): boolean {
  if (name.startsWith('.') && !pattern.startsWith('.')) return false;
  return toRegExp(pattern).test(name);
}

/** An escaped character, a set that is closed (a bracket at its start belongs to it), or any one character. */
const TOKEN = /\\([\s\S])|\[([!^]?)(\]?[^\]]*)\]|([\s\S])/g;

const literal = (char: string): string => char.replace(/[\\^$.*+?()[\]{}|]/, '\\$&');

function toRegExp(pattern: string): RegExp {
  const parts = [...pattern.matchAll(TOKEN)].map(([, escaped, not, set, char]) => {
    if (escaped !== undefined) return literal(escaped);
    if (set !== undefined) return `[${not === '' ? '' : '^'}${set.replace(/[\\\][^]/g, '\\$&')}]`;
    if (char === '*') return '.*';
    return char === '?' ? '.' : literal(char!);
  });
  return new RegExp(`^(?:${parts.join('')})$`, 's');
}
