/**
 * Turns what stopped the reader into the `error` of an Inspection: a rule, and a message that says what was expected
 * where, doing what, and how much had been read. It weighs the checksum at the end of the file: a file that is as it
 * was written is not damaged, whatever this reader thinks of it. No message carries a key or a value.
 */
import {type Fault, grouped, plural} from './fault.ts';
import type {Damage, ValueType} from './inspection.ts';
import {type DumpVersion, hasChecksum, isTried} from './version.ts';
import type {Doing, Walk} from './walk.ts';

type Rule = Damage['rule'];
type ChecksumAtEnd = 'valid' | 'absent' | 'mismatch';

/** KeyDB's RDB_TYPE_CRON. */
const KEYDB_CRON = 64;

export function damageOf(fault: Fault, walk: Walk, version: DumpVersion, atEnd: ChecksumAtEnd): Damage {
  const engine = foreignEngine(fault, walk, version, atEnd);
  const rule = engine === null ? ruleOf(fault, version, atEnd) : 'backup/unreadable-type';
  const facts = [
    `${claim(rule)}: ${fault.message}, ${place(walk)} (${plural(walk.tally.keys, 'key')} read so far).`,
    engine ?? '',
    hasChecksum(version) ? CHECKSUM_WORDS[atEnd] : '',
  ];
  return {
    rule,
    offset: fault.offset,
    doing: walk.doing,
    message: facts.filter(fact => fact !== '').join(' '),
    certain: rule !== 'backup/unreadable-type' && isCertain(version, atEnd),
  };
}

function ruleOf(fault: Fault, version: DumpVersion, atEnd: ChecksumAtEnd): Rule {
  switch (fault.kind) {
    case 'short':
      return 'backup/truncated';
    case 'malformed':
      return 'backup/corrupt';
    case 'unreadable':
      return damagedSince(version, atEnd) ? 'backup/corrupt' : 'backup/unreadable-type';
    case 'unknown': {
      const asWritten = hasChecksum(version) && atEnd === 'valid';
      const corrupt = damagedSince(version, atEnd) || (isTried(version) && !asWritten);
      return corrupt ? 'backup/corrupt' : 'backup/unreadable-type';
    }
  }
}

/** What we do not know in a file that is not as it was written was hardly written by anybody. */
const damagedSince = (version: DumpVersion, atEnd: ChecksumAtEnd): boolean =>
  hasChecksum(version) && atEnd === 'mismatch';

/** An intact file is the writer's, so a reader may exist; in a version that we do not know we may misread anything. */
function isCertain(version: DumpVersion, atEnd: ChecksumAtEnd): boolean {
  if (!hasChecksum(version)) return true;
  return atEnd === 'mismatch' || (atEnd === 'absent' && isTried(version));
}

/**
 * Engines that extend the format under Redis' magic. Dragonfly computes no checksum, so a file of an older one, which
 * does not name itself (df-ver), is told from damage by its numbers alone.
 */
function foreignEngine(fault: Fault, walk: Walk, version: DumpVersion, atEnd: ChecksumAtEnd): string | null {
  const {product} = walk.producer;
  if (fault.kind !== 'unknown') return null;
  if (product === 'dragonfly') return 'Dragonfly wrote this file, with extensions that only Dragonfly reads.';
  if (product === 'keydb' && fault.code === KEYDB_CRON)
    return 'This is a CRON key of KeyDB, which only KeyDB reads.';
  const dragonflyHeader = version.magic === 'REDIS' && version.number === 9 && atEnd === 'absent';
  if (product === 'redis' && dragonflyHeader && isDragonflyCode(fault.code ?? 0)) {
    return 'The number is one that Dragonfly uses: perhaps it wrote this file.';
  }
  return null;
}

/** rdb_extensions.h of Dragonfly: types 30 to 39, opcodes 200 to 240. */
function isDragonflyCode(code: number): boolean {
  return (code >= 30 && code <= 39) || (code >= 200 && code <= 240);
}

function claim(rule: Rule): string {
  if (rule === 'backup/truncated') return 'The dump is truncated';
  if (rule === 'backup/corrupt') return 'The dump is corrupt';
  return 'The dump holds something that this version cannot read';
}

const CHECKSUM_WORDS: Record<ChecksumAtEnd, string> = {
  valid:
    'Yet the last 8 bytes of the file are a valid checksum of all before them: it is as it was written, and either its writer or this reader is wrong.',
  absent:
    'The last 8 bytes of the file are zeros: it was written without a checksum, or its end was never written.',
  mismatch:
    'The last 8 bytes of the file are not the checksum of what precedes them: it was cut or damaged after it was written.',
};

const ARTICLES: Record<ValueType, string> = {
  string: 'a string',
  list: 'a list',
  set: 'a set',
  zset: 'a sorted set',
  hash: 'a hash',
  stream: 'a stream',
  array: 'an array',
  module: 'a module value',
};

function place({doing, reading, tally}: Walk): string {
  const database = `in db ${grouped(tally.database)}`;
  const words: Record<Doing, string> = {
    start: 'while reading the header',
    'read-type': `where the next entry or the EOF opcode should be, ${database}`,
    'read-expire': `while reading an expiry time ${database}`,
    'read-key': `while reading the name of ${ARTICLES[reading]} ${database}`,
    'read-object-value': `while reading ${ARTICLES[reading]} ${database}`,
    'check-sum': 'while reading the checksum after the EOF opcode',
    'read-len': `while reading the number or size of a database or slot, ${database}`,
    'read-aux': 'while reading an AUX field',
    'read-module-aux': 'while reading data of a module',
    'read-functions': 'while reading a function library',
  };
  return words[doing];
}
