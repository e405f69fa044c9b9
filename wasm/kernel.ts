/**
 * The inner loops of the reader and of its digest, in AssemblyScript: TypeScript's syntax with the machine's integers
 * and vectors. Built by scripts/wasm.mjs into src/inspect/kernel-bytes.ts. It owns the memory below `bottom`; all above
 * is the caller's to divide.
 */
export {runChains, xorRanges} from './chains';
export {crc64} from './crc64';
export {inflate, source, target} from './lzf';
export {hashMessages} from './messages';
export {formatShortest, POWERS as powers} from './shortest';

export const bottom: usize = __heap_base;
