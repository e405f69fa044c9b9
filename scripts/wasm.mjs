/**
 * Compiles wasm/kernel.ts (AssemblyScript) into src/inspect/kernel-bytes.ts, where it lies as text: so it is found
 * unbuilt, under jest and in the bundle alike. The same sources and lock file give the same bytes on any machine; a
 * test checks that they are current.
 */
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import asc from 'assemblyscript/asc';

const ROOT = path.resolve(import.meta.dirname, '..');
const OUTPUT = path.join(ROOT, 'src/inspect/kernel-bytes.ts');
/** Pages of 64 KiB that the caller must bring at least; src/inspect/kernel.ts says how many they are. */
const PAGES = 1;

/** Also what a program is that does not change under another folder: no paths, no names, no debug section. */
const OPTIONS = [
  ...['-O3', '--converge', '--noAssert', '--runtime', 'stub'],
  ...['--enable', 'simd', '--enable', 'bulk-memory'],
  ...['--importMemory', '--zeroFilledMemory', '--initialMemory', String(PAGES)],
];

/** @returns {Promise<string>} the text of src/inspect/kernel-bytes.ts */
export async function kernelSource() {
  /** @type {Uint8Array | undefined} */
  let binary;
  const {error, stderr} = await asc.main(['kernel.ts', '--outFile', 'kernel.wasm', ...OPTIONS], {
    readFile: (name, base) => readFile(path.resolve(ROOT, 'wasm', base, name), 'utf8').catch(() => null),
    writeFile: (_name, contents) => {
      binary = /** @type {Uint8Array} */ (contents);
    },
    listFiles: () => [],
  });
  if (error || binary === undefined) throw new Error(`wasm/ does not compile:\n${stderr.toString()}`);
  const lines =
    Buffer.from(binary)
      .toString('base64')
      .match(/.{1,100}/g) ?? [];
  return [
    '/**',
    ' * Made by `npm run wasm` from wasm/kernel.ts, in base64: the inner loops of reader and digest. Do not edit; a test',
    ' * compiles the sources again and compares. It is code, not data: what it does is told there.',
    ' */',
    'export const KERNEL_BASE64 = `',
    ...lines,
    '`;',
    '',
  ].join('\n');
}

if (import.meta.main) await writeFile(OUTPUT, await kernelSource());
