/**
 * The books that must balance: each line holds two numbers against each other that were counted by different code. A
 * line that does not balance fails the drill before any expectation is read; one that cannot be drawn says why.
 */
import {z} from 'zod';
import type {Census} from '../census/census.ts';
import type {AofInspection} from '../inspect/aof/aof-inspection.ts';
import type {Inspection} from '../inspect/inspection.ts';
import type {Load} from '../restore/loading.ts';
import {aofEntries} from './aof-ledger.ts';
import {canaryEntries} from './canary-ledger.ts';
import {type Finding, fail, pass, skipped} from './finding.ts';
import {bySave, type Proof} from './proof.ts';

const side = z.strictObject({source: z.string(), value: z.union([z.string(), z.number(), z.null()])});

export const ledgerLineSchema = z.strictObject({
  name: z.string(),
  left: side,
  right: side,
  status: z.enum(['balanced', 'unbalanced', 'skipped']),
  because: z.string().optional(),
});
export type LedgerLine = z.infer<typeof ledgerLineSchema>;

export type Books = {inspection: Inspection; load: Load; census: Census; proof?: Proof; saved?: Inspection};

/** One line of the ledger before it is drawn: both sides, or why it cannot be drawn. */
export type Entry = {
  name: string;
  rule: string;
  left: LedgerLine['left'];
  right: LedgerLine['right'];
  skip: string | null;
  hint: string;
};

export function drawLedger(books: Books & {aof?: AofInspection | undefined}): {
  ledger: LedgerLine[];
  findings: Finding[];
} {
  const entries = books.aof ? aofEntries({...books, aof: books.aof}, datasetEntries) : datasetEntries(books);
  return {ledger: entries.map(draw), findings: entries.map(judgeEntry)};
}

function datasetEntries(books: Books): Entry[] {
  return [
    keysLoaded(books),
    keysInDatabases(books),
    keysByDatabase(books),
    expiresByDatabase(books),
    functions(books),
    ...functionCode(books),
    digest(books),
    ...canaryEntries(books),
    ...(books.proof === 'save' ? bySave({...books, saved: books.saved}) : []),
  ];
}

function keysLoaded({inspection, load}: Books): Entry {
  const {keysLoaded, keysExpired, emptyKeysSkipped} = load;
  return {
    name: 'keys in the file = keys loaded + keys expired + empty keys skipped',
    rule: 'ledger/keys-loaded',
    left: {source: 'our reader', value: inspection.dataset.keys},
    right: {
      source: 'INFO persistence and the log',
      value: keysLoaded === null ? null : keysLoaded + (keysExpired ?? 0) + (emptyKeysSkipped ?? 0),
    },
    skip: keysLoaded === null ? 'this server does not report how many keys it loaded (before 6.2)' : null,
    hint: 'The server loaded another number of keys than the file holds: do not rely on this backup before you know why.',
  };
}

/** On a server that does not count what it loads, the file itself stands in for the left side. */
function keysInDatabases({inspection, load, census}: Books): Entry {
  const counted = load.keysLoaded !== null;
  return {
    name: `${counted ? 'keys loaded' : 'keys in the file'} = sum of keys over databases`,
    rule: 'ledger/keys-in-databases',
    left: counted
      ? {source: 'INFO persistence and the log', value: load.keysLoaded}
      : {source: 'our reader', value: inspection.dataset.keys},
    right: {source: 'INFO keyspace', value: census.keys},
    skip: null,
    hint: 'Keys were loaded but are not there: evicted, expired or overwritten. A frozen server does none of that.',
  };
}

function keysByDatabase(books: Books): Entry {
  return byDatabase(books, 'keys', {
    name: 'keys in the file = keys on the server, database by database',
    rule: 'ledger/databases',
    hint: 'The server put keys into other databases than the file names.',
  });
}

function expiresByDatabase(books: Books): Entry {
  return byDatabase(books, 'expires', {
    name: 'keys with an expiry in the file = on the server, database by database',
    rule: 'ledger/expires',
    hint: 'Keys came back with or without an expiry that the file does not say.',
  });
}

type Labels = Pick<Entry, 'name' | 'rule' | 'hint'>;

function byDatabase({inspection, load, census}: Books, what: 'keys' | 'expires', labels: Labels): Entry {
  const skippedKeys = load.emptyKeysSkipped ?? 0;
  return {
    ...labels,
    left: {source: 'our reader', value: listed(inspection.dataset.databases, what)},
    right: {source: 'INFO keyspace', value: listed(census.databases, what)},
    skip:
      skippedKeys > 0
        ? `the server skipped ${skippedKeys} empty keys and does not say in which database`
        : null,
  };
}

function functions({inspection, census}: Books): Entry {
  const inFile = inspection.dataset.functions;
  return {
    name: 'functions in the file = function libraries',
    rule: 'ledger/functions',
    left: {source: 'our reader', value: inFile},
    right: {source: 'FUNCTION LIST', value: census.functions},
    skip:
      census.functions === null && inFile === 0
        ? 'this server has no functions (before 7.0), and neither has the file'
        : null,
    hint: 'Function libraries were lost in the restore: scripts of the application will fail.',
  };
}

/** Only where there are any: of most backups it would be a line about nothing. */
function functionCode({inspection, census}: Books): Entry[] {
  const {functions, functionCode: code} = inspection.dataset;
  if (functions === 0 || census.functions === null) return [];
  const {functionCode: asked = null} = census;
  return [
    {
      name: 'code of the functions in the file = code of the function libraries',
      rule: 'ledger/functions-code',
      left: {source: 'our reader', value: code?.digest.hex ?? null},
      right: {source: 'FUNCTION LIST WITHCODE', value: asked},
      skip: whyNoCode(code !== undefined, asked !== null),
      hint: 'The server runs other functions than the file holds: do not rely on this backup before you know why.',
    },
  ];
}

function whyNoCode(read: boolean, told: boolean): string | null {
  if (!read) return 'our reader has no digest of it: depth quick, or libraries of a release candidate';
  return told ? null : 'the server is not asked for more than 8 MiB of it';
}

function digest(books: Books): Entry {
  const {inspection, census} = books;
  const dialect = census.digest?.dialect ?? '';
  return {
    name: 'digest of the file = DEBUG DIGEST',
    rule: 'ledger/digest',
    left: {source: 'our reader', value: inspection.digests?.byDialect[dialect] ?? null},
    right: {source: 'DEBUG DIGEST', value: census.digest?.hex ?? null},
    skip: whyNoDigest(books),
    hint: 'What the server holds is not what the file says, although the counts agree: do not rely on this backup before you know why.',
  };
}

function whyNoDigest({inspection, load, census}: Books): string | null {
  const {digests, digestBecause, emptyKeys = 0} = inspection;
  if (census.digest === null) return census.digestBecause ?? 'the server gave no digest';
  if (digests === undefined)
    return `our reader cannot compute it: ${digestBecause ?? 'values were not read'}`;
  const {dialect} = census.digest;
  if (digests.byDialect[dialect] === undefined)
    return `our reader does not compute it in the dialect ${dialect} for such a file`;
  if (emptyKeys > 0 && load.emptyKeysSkipped === null)
    return 'the file has empty keys, and this server does not say whether it keeps them';
  if ((load.keysExpired ?? 0) > 0) return 'the server dropped keys whose time had passed';
  const {validUntilMs} = digests;
  // Valkey leaves out what has expired by the time it is asked, we what had by the time we read.
  if (dialect.startsWith('valkey') && validUntilMs !== undefined && validUntilMs <= (census.digestAtMs ?? 0))
    return 'a hash field expired during the drill, and this server leaves such fields out of its digest';
  return null;
}

/** `0: 12, 3: 1`: a value that two databases can be compared by, and that a person can read. */
function listed(
  databases: Record<string, {keys: number; expires: number}>,
  what: 'keys' | 'expires',
): string {
  const parts = Object.entries(databases)
    .filter(([, counts]) => counts[what] > 0)
    .map(([database, counts]) => `db ${database}: ${counts[what]}`);
  return parts.length === 0 ? 'none' : parts.join(', ');
}

const draw = ({name, left, right, skip}: Entry): LedgerLine => {
  if (skip !== null) return {name, left, right, status: 'skipped', because: skip};
  return {name, left, right, status: left.value === right.value ? 'balanced' : 'unbalanced'};
};

function judgeEntry({name, rule, left, right, skip, hint}: Entry): Finding {
  const parts = {expected: left.value, actual: right.value, origin: 'ledger'};
  if (skip !== null) return skipped(rule, `${name}: ${skip}`, {...parts, severity: 'note'});
  if (left.value === right.value) return pass(rule, name, parts);
  const message = `the ledger does not balance: ${name}; ${left.source} counts ${left.value}, ${right.source} ${right.value}`;
  return fail(rule, message, {...parts, hint});
}
