/**
 * The code of function libraries, as the server gives it: SHA-1 of each, XORed, so that it can be held against what our
 * reader makes of the file. In: the reply to FUNCTION LIST WITHCODE, flat lists over a socket, objects from the CLI's JSON.
 */
import {createHash} from 'node:crypto';

/** What stands for a byte that is no UTF-8: the code is not what the server sent. */
const REPLACEMENT = '\ufffd';

/** 40 hexadecimal digits; `null` where the code did not come as text. */
export function digestOfCode(libraries: unknown[]): string | null {
  const sum = Buffer.alloc(20);
  for (const library of libraries) {
    const code = codeOf(library);
    if (typeof code !== 'string' || code.includes(REPLACEMENT)) return null;
    const sha1 = createHash('sha1').update(code).digest();
    for (let i = 0; i < sum.length; i++) sum[i]! ^= sha1[i]!;
  }
  return sum.toString('hex');
}

function codeOf(library: unknown): unknown {
  if (Array.isArray(library)) return library[library.indexOf('library_code') + 1];
  return (library as {library_code?: unknown} | null)?.library_code;
}
