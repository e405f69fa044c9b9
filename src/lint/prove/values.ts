/**
 * What a server says of its own configuration, against what lint read in the files. In: a reading, and the answer to
 * CONFIG GET. Out: the names that differ. Of what is left out for the proof, or decided by this machine, nothing is said.
 */
import type {Reply} from '../../redis/client.ts';
import {confText} from '../../redis/conf.ts';
import type {Settings} from '../../restore/production-settings.ts';
import type {Effective} from '../effective.ts';
import {isComparable} from './proved-settings.ts';

export type Held = ReadonlyMap<string, string>;

/** As a list, as an object (the CLI in JSON), or as lines (the CLI of 6.0). */
export function heldValues(reply: Reply): Held {
  if (typeof reply === 'string') return pairs(reply.split('\n'));
  if (Array.isArray(reply)) return pairs(reply.map(String));
  return new Map(Object.entries((reply ?? {}) as Record<string, unknown>).map(([k, v]) => [k, String(v)]));
}

const pairs = (flat: readonly string[]): Held =>
  new Map(Array.from({length: flat.length >> 1}, (_, index) => [flat[2 * index]!, flat[2 * index + 1]!]));

export type Compared = {asRead: number; otherwise: {name: string; read: string; held: string}[]};

export function compareValues({values}: Effective, held: Held, settings: Settings): Compared {
  const compared: Compared = {asRead: 0, otherwise: []};
  for (const [name, {text}] of values) {
    const value = held.get(name);
    if (text === null || value === undefined || !isComparable(name, settings)) continue;
    const read = confText(text);
    if (read === value) compared.asRead += 1;
    else compared.otherwise.push({name, read, held: value});
  }
  return compared;
}

/** What has changed, as the servers say it; names that only one of them has are a matter of its version. */
export function changedValues(
  base: {held: Held; settings: Settings},
  head: {held: Held; settings: Settings},
): {name: string; before: string; after: string}[] {
  return [...head.held].flatMap(([name, after]) => {
    const before = base.held.get(name);
    const comparable = isComparable(name, base.settings) && isComparable(name, head.settings);
    return before === undefined || before === after || !comparable ? [] : [{name, before, after}];
  });
}
