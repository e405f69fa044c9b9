/** Memory sizes as redis.conf writes them. Source: memtoull in util.c: `1k` is 1000 bytes, `1kb` is 1024. */

const UNITS: Record<string, number> = {
  '': 1,
  b: 1,
  k: 1000,
  kb: 1024,
  m: 1000 ** 2,
  mb: 1024 ** 2,
  g: 1000 ** 3,
  gb: 1024 ** 3,
};

/** Bytes; `null` when the text is no size. */
export function parseSize(text: string): number | null {
  const parts = /^(\d+)\s*([a-z]*)$/i.exec(text.trim());
  const unit = UNITS[parts?.[2]?.toLowerCase() ?? 'none'];
  return parts && unit !== undefined ? Number(parts[1]) * unit : null;
}
