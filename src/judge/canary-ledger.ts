/**
 * The line of the ledger about canaries: what our reader makes of them in the file, and what the server says of them. A
 * canary is compared by its digest where both have one, else by being there.
 */
import type {AskedCanary} from '../census/canaries.ts';
import type {FoundCanary} from '../inspect/canaries/canary-schema.ts';
import type {Books, Entry} from './ledger.ts';

/** Of a digest: enough that two do not agree by chance. */
const DIGITS = 16;

export function canaryEntries({inspection, load, census}: Books): Entry[] {
  const {canaries: found} = inspection;
  const {canaries: asked, canariesAtMs = 0} = census;
  if (found === undefined || asked === undefined) return [];
  const pairs = found.map((ours, index) => said(ours, asked[index]!, canariesAtMs));
  const listed = (side: 'ours' | 'theirs') =>
    pairs.map((pair, index) => `${index + 1}: ${pair[side]}`).join(', ');
  return [
    {
      name: 'canaries in the file = on the server',
      rule: 'ledger/canaries',
      left: {source: 'our reader', value: listed('ours')},
      right: {source: 'DEBUG DIGEST-VALUE', value: listed('theirs')},
      skip: whySkipped(load.keysExpired ?? 0, asked),
      hint: 'A key came back as something else than the file says: do not rely on this backup before you know why.',
    },
  ];
}

function whySkipped(expired: number, asked: readonly AskedCanary[]): string | null {
  if (expired > 0) return 'the server dropped keys whose time had passed';
  const answered = asked.some(({present}) => present !== null);
  return answered ? null : 'the server answers neither DEBUG DIGEST-VALUE nor MEMORY USAGE';
}

function said(ours: FoundCanary, theirs: AskedCanary, askedAtMs: number): {ours: string; theirs: string} {
  const {digest} = theirs;
  const known = digest && ours.byDialect?.[digest.dialect];
  // Valkey leaves out fields that have expired by the time it is asked, we those that had when we read.
  const holds = ours.validUntilMs === undefined || ours.validUntilMs > askedAtMs;
  if (known && (holds || !digest.dialect.startsWith('valkey')))
    return {ours: known.slice(0, DIGITS), theirs: digest.hex.slice(0, DIGITS)};
  const isThere = (present: boolean) => (present ? 'there' : 'missing');
  if (theirs.present === null) return {ours: 'not asked', theirs: 'not asked'};
  return {ours: isThere(ours.present), theirs: isThere(theirs.present)};
}
