/**
 * What a server is to load: a dump, which it reads where it lies, or an append-only file, of which it gets a copy, because
 * loading alters it. The names in a copy are ours; a manifest names the parts, so those keep theirs.
 */
import type {AofInspection} from '../inspect/aof/aof-inspection.ts';
import type {AofFiles} from '../unpack/aof-files.ts';

/** `bytes`: how many of it to copy, from its beginning. */
export type Copied = {from: string; to: string; bytes: number};
export type Payload = {kind: 'rdb'; path: string} | {kind: 'aof'; files: Copied[]; multiPart: boolean};

/** `appendfilename` and `appenddirname`, said to the server whatever its own configuration is. */
export const AOF_FILE = 'appendonly.aof';
export const AOF_DIRECTORY = 'appendonlydir';

/** The manifest and the parts that it lists, the last one without the tail that is not whole. */
export function aofPayload({files}: AofFiles, {layout, parts, cutTail}: AofInspection): Payload {
  const multiPart = layout === 'multi-part';
  const wanted = new Set(parts.map(({name}) => name));
  const copies = files.flatMap(({name, path, sizeBytes}): Copied[] => {
    const manifest = multiPart && name.endsWith('.manifest');
    if (!manifest && !wanted.has(name)) return [];
    const bytes = name === cutTail?.file ? cutTail.offset : sizeBytes;
    const to = manifest ? `${AOF_FILE}.manifest` : name;
    return [{from: path, bytes, to: multiPart ? `${AOF_DIRECTORY}/${to}` : AOF_FILE}];
  });
  return {kind: 'aof', files: copies, multiPart};
}

/** Of a server whose role brings all files that it has. */
export const NO_PAYLOAD: Payload = {kind: 'aof', files: [], multiPart: false};
