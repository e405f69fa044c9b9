/**
 * By what the values that came back are proved: by DEBUG DIGEST, which the server computes, or by what the server SAVEs,
 * which our reader digests as it has digested the file. The second is faster and proves less (docs/decisions/0013), so it
 * is a line of its own in the ledger, and only drawn where it was asked for.
 */
import {z} from 'zod';
import type {Census} from '../census/census.ts';
import type {Inspection} from '../inspect/inspection.ts';
import type {Load} from '../restore/loading.ts';
import type {Entry} from './ledger.ts';

export const proofSchema = z.enum(['debug-digest', 'save']);
export type Proof = z.infer<typeof proofSchema>;

type Held = {census?: Census; saved?: Inspection; inspection?: Inspection};

/**
 * Of what was really held; a drill that came to neither has none. What a server saved of an AOF proves no value by itself:
 * there is no digest of ours that it could be held against.
 */
export function proofHeld({census, saved, inspection}: Held): {proof?: Proof} {
  if (census?.digest) return {proof: 'debug-digest'};
  return inspection && saved?.digests ? {proof: 'save'} : {};
}

type Sides = {inspection: Inspection; load: Load; saved: Inspection | undefined};

/** The lines of this proof. */
export const bySave = (sides: Sides): Entry[] => [savedDigest(sides), ...savedApart(sides)];

function savedDigest(sides: Sides): Entry {
  const {inspection, saved} = sides;
  const dialect = saved ? dialectBetween(saved) : '';
  // What it saved must be whole, or its digest would be of a part.
  const found = saved?.error ? `damaged: ${saved.error.rule}` : saved?.digests?.byDialect[dialect];
  return {
    name: 'digest of the file = digest of what the server SAVEs',
    rule: 'ledger/saved-digest',
    left: {source: 'our reader', value: inspection.digests?.byDialect[dialect] ?? null},
    right: {source: 'our reader, of what the server saved', value: found ?? null},
    skip: whySkipped(sides, dialect),
    hint: 'What the server holds is not what the file says, although the counts agree: do not rely on this backup before you know why.',
  };
}

/**
 * What DEBUG DIGEST would not have seen either: when keys and fields expire, and what consumer groups hold. Both sides are
 * digested alike, so these balance too. Drawn only where the file has any: of most backups they would be lines about nothing.
 */
function savedApart({inspection, saved, load}: Sides): Entry[] {
  if (saved?.digests === undefined || saved.error) return [];
  const [ours, theirs] = [inspection.dataset, saved.dataset];
  const dropped = (load.keysExpired ?? 0) + (load.emptyKeysSkipped ?? 0) > 0;
  const line = (what: string, rule: string, pair: [string | undefined, string | undefined]): Entry[] => {
    const [left, right] = pair;
    if (left === undefined) return [];
    return [
      {
        name: `${what} in the file = in what the server SAVEs`,
        rule,
        left: {source: 'our reader', value: left},
        right: {source: 'our reader, of what the server saved', value: right ?? 'none'},
        skip: dropped ? 'the server dropped keys, and theirs with them' : null,
        hint: 'Keys and values came back, but not all that belongs to them: do not rely on this backup before you know why.',
      },
    ];
  };
  const hexOf = (counted: number | undefined, digest: {hex: string} | undefined) =>
    counted ? digest?.hex : undefined;
  return [
    ...line('expiry times', 'ledger/saved-expiry-times', [
      hexOf(ours.expires, ours.expiryTimes?.digest),
      hexOf(theirs.expires, theirs.expiryTimes?.digest),
    ]),
    ...line('consumer groups', 'ledger/saved-consumer-groups', [
      hexOf(ours.consumerGroups?.streams, ours.consumerGroups?.digest),
      hexOf(theirs.consumerGroups?.streams, theirs.consumerGroups?.digest),
    ]),
    ...line('expiries of hash fields', 'ledger/saved-field-expiries', [
      hexOf(ours.fieldExpiries?.fields, ours.fieldExpiries?.digest),
      hexOf(theirs.fieldExpiries?.fields, theirs.fieldExpiries?.digest),
    ]),
  ];
}

/**
 * Both are read by us, so the server need not speak it. The dialect of Redis 7.4 knows most. One of 6.x keeps a score of
 * -0 that later ones turn into 0 on loading, and writes RDB 9.
 */
function dialectBetween({magic, rdbVersion}: Inspection): string {
  if (magic === 'REDIS' && rdbVersion !== null && rdbVersion <= 9) return '6.0';
  return magic === 'REDIS' && rdbVersion !== null && rdbVersion >= 12 ? '7.4' : '7.2';
}

function whySkipped({inspection, load, saved}: Sides, dialect: string): string | null {
  if (saved === undefined) {
    const why = inspection.digestBecause ?? 'values were not read';
    return `our reader cannot compute it (${why}), so DEBUG DIGEST was asked instead`;
  }
  if (inspection.digests?.byDialect[dialect] === undefined)
    return `our reader does not compute it in the dialect ${dialect} for such a file`;
  if (!saved.error && saved.digests === undefined)
    return `our reader cannot compute it: ${saved.digestBecause ?? 'values were not read'}`;
  return (load.keysExpired ?? 0) > 0 ? 'the server dropped keys whose time had passed' : null;
}
