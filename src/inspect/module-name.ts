/**
 * The name inside a module id. Modules are the only part of a dump that its writer names by type, so the report can
 * say which ones a server must have. The name is nine characters of a fixed set, whatever the bytes.
 */

/** ModuleTypeNameCharSet in module.c. */
const CHARSET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/**
 * moduleTypeNameByID:
 *
 *     bit 63                                         10 9        0
 *     | c1 | c2 | c3 | c4 | c5 | c6 | c7 | c8 | c9 |   encver    |     6 bits a character
 */
export function moduleName(id: bigint): string {
  return decode(id >> 10n, 9);
}

/**
 * keyMetaClassDecode in keymeta.c:
 *
 *     bit 31               8 7       3 2     0
 *     | c1 | c2 | c3 | c4 |  version  |  flags |
 */
export function keyMetaClassName(word: number): string {
  return decode(BigInt(word) >> 8n, 4);
}

function decode(bits: bigint, characters: number): string {
  let name = '';
  for (let shift = 0n; name.length < characters; shift += 6n) {
    name = CHARSET[Number((bits >> shift) & 63n)] + name;
  }
  return name;
}
