/** Real files that nobody here made, and what real servers once said of each; they lie beside the repository, or are absent. */
import {existsSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {ROOT} from './servers.ts';

export const CORPUS = join(ROOT, '..', 'shared', 'corpus');

export type Said = {
  loads: boolean;
  /** Keys and expires by database. */
  keyspace?: Record<string, [number, number]>;
  digest?: string;
  functions?: number;
};
type Case = {path: string; kind: string; servers: Record<string, Said>};

/** Empty where the corpus is absent. */
export const corpusCases: Case[] = existsSync(CORPUS)
  ? JSON.parse(readFileSync(join(CORPUS, 'index.json'), 'utf8'))
  : [];
