/** The INFO reply as a map, and the two parts of it that the drill lives on: who the server is and its keyspace. */
import type {ServerLine} from './server-line.ts';
import {lineOf} from './server-line.ts';

export type Info = ReadonlyMap<string, string>;

/** `field:value` lines; section headings and blank lines are dropped. */
export function parseInfo(text: string): Info {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const colon = line.indexOf(':');
    if (colon > 0 && !line.startsWith('#')) fields.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return fields;
}

/** A field as a number; `null` when this server does not have it. Throws when it is there but is no number. */
export function infoNumber(info: Info, field: string): number | null {
  const text = info.get(field);
  if (text === undefined) return null;
  const value = Number(text);
  if (text === '' || !Number.isFinite(value)) throw new Error(`INFO field ${field} is not a number`);
  return value;
}

/** Keys and expires by database number, from the `dbN:keys=…,expires=…` lines (INFO keyspace). */
export function parseKeyspace(info: Info): Record<string, {keys: number; expires: number}> {
  const databases: Record<string, {keys: number; expires: number}> = {};
  for (const [field, value] of info) {
    const database = /^db(\d+)$/.exec(field)?.[1];
    if (database === undefined) continue;
    const counts = /^keys=(\d+),expires=(\d+)/.exec(value);
    if (!counts) throw new Error(`INFO keyspace has an unknown form for db ${database}`);
    databases[database] = {keys: Number(counts[1]), expires: Number(counts[2])};
  }
  return databases;
}

export type ServerIdentity = {line: ServerLine; version: string};

/** Valkey and Redict also answer with a `redis_version` for compatibility, so their own field is asked first. */
export function serverIdentity(info: Info): ServerIdentity {
  for (const product of ['valkey', 'redict', 'redis'] as const) {
    const version = info.get(`${product}_version`);
    if (version) return {line: lineOf(product, version), version};
  }
  throw new Error('INFO server names no version');
}
