/** Configurations and scripts of other people, where the folder is there: read, never copied. */
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';

const FOLDER = join(import.meta.dirname, '..', '..', 'shared', 'conf-corpus');
export const CORPUS_OF_CONFIGS = existsSync(join(FOLDER, 'index.json')) ? FOLDER : null;

type Entry = {path: string; kind: string; productVersion: string};

export function configurations(kind: string): (Entry & {text: string; file: string})[] {
  if (CORPUS_OF_CONFIGS === null) return [];
  const index = JSON.parse(readFileSync(join(FOLDER, 'index.json'), 'utf8')) as Entry[];
  return index
    .filter(entry => entry.kind === kind)
    .map(entry => {
      const file = join(FOLDER, entry.path);
      return {...entry, file, text: readFileSync(file, 'utf8')};
    });
}
