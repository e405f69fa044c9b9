/**
 * LZF, the compression inside RDB strings (lzf_d.c). Takes one whole string that the caller has bounded; the plain
 * size must be met exactly. A damaged input gives `null`, never more than `plainBytes` bytes.
 */

/**
 *     000lllll                     l + 1 literal bytes follow
 *     lllooooo oooooooo            copy l + 2 bytes from o + 1 bytes back (l < 7)
 *     111ooooo llllllll oooooooo   copy l + 9 bytes
 *
 * A copy may overlap what it writes, so it goes byte by byte.
 */
export function decompressLzf(compressed: Uint8Array, plainBytes: number): Uint8Array | null {
  const plain = new Uint8Array(plainBytes);
  let from = 0;
  let to = 0;
  while (from < compressed.length) {
    const control = compressed[from++]!;
    if (control < 32) {
      const count = control + 1;
      if (from + count > compressed.length || to + count > plainBytes) return null;
      plain.set(compressed.subarray(from, from + count), to);
      from += count;
      to += count;
      continue;
    }
    let count = (control >> 5) + 2;
    if (count === 9) count += compressed[from++] ?? 0;
    if (from >= compressed.length) return null;
    let source = to - (((control & 0x1f) << 8) | compressed[from++]!) - 1;
    if (source < 0 || to + count > plainBytes) return null;
    for (const end = to + count; to < end; ) plain[to++] = plain[source++]!;
  }
  return to === plainBytes ? plain : null;
}
