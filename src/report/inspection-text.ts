/** What a dump says of itself, as a person reads it. */
import type {Inspection} from '../inspect/inspection.ts';
import {groupLines, timesLeft} from './groups.ts';
import {printable} from './printable.ts';
import type {Paint} from './text.ts';
import {count, number} from './wording.ts';

/** What there is of it. */
function apart({consumerGroups, fieldExpiries}: Inspection['dataset']): [string, string][] {
  const rows: [string, string][] = [];
  if (consumerGroups && consumerGroups.streams > 0) {
    const {streams, groups, consumers, pending} = consumerGroups;
    const listed = [count(groups, 'group'), count(consumers, 'consumer'), `${number(pending)} pending`];
    rows.push(['Streams', `${number(streams)}, with ${listed.join(', ')}`]);
  }
  if (fieldExpiries && fieldExpiries.fields > 0) {
    rows.push(['Fields', `${number(fieldExpiries.fields)} of hashes with an expiry of their own`]);
  }
  return rows;
}

export function renderInspection(inspection: Inspection, paint: Paint): string {
  const {dataset, producer, error} = inspection;
  const list = (counts: Record<string, number>): string =>
    Object.entries(counts)
      .map(([name, n]) => `${name} ${number(n)}`)
      .join(', ') || 'none';
  const rows: [string, string][] = [
    [
      'Format',
      inspection.magic === null
        ? 'no RDB header'
        : `${inspection.magic} RDB version ${inspection.rdbVersion}`,
    ],
    [
      'Written',
      `${inspection.createdAt ?? 'at an unknown time'} by ${producer.product} ${producer.version ?? ''}`.trimEnd(),
    ],
    ['Checksum', inspection.checksum ?? 'not reached'],
    ['Keys', `${number(dataset.keys)}, ${number(dataset.expires)} of them with an expiry`],
    ...Object.entries(dataset.databases).map(([database, {keys, expires}]): [string, string] => [
      `  db ${database}`,
      `${number(keys)}, ${number(expires)} of them with an expiry`,
    ]),
    ...expiry(dataset),
    ['Types', list(dataset.types)],
    ['Functions', number(dataset.functions)],
    ...apart(dataset),
    ['Modules', list(inspection.modules)],
    ['Digest', digestOf(inspection)],
  ];
  const table = rows
    .map(([label, text]) => `${paint('dim', printable(label).padEnd(10))} ${printable(text)}`)
    .join('\n');
  const lines = groupLines(dataset).map(line => `\n  ${printable(line)}`);
  const groups = lines.length === 0 ? '' : `\n${paint('dim', 'Groups')}${lines.join('')}`;
  const verdict = error
    ? `\n\n${paint('bad', 'DAMAGED')}  ${printable(error.message)} [${error.rule}]\n         byte ${number(error.offset)}, while doing: ${printable(error.doing)}\n`
    : '\n';
  return `${table}${groups}${verdict}`;
}

function expiry(dataset: Inspection['dataset']): [string, string][] {
  const left = timesLeft(dataset);
  return left === null ? [] : [['Expire', left]];
}

function digestOf({dataset: {digest}, digestBecause, error}: Inspection): string {
  if (digest) return `${digest.hex} (${digest.algorithm}, dialect ${digest.dialect})`;
  return `none: ${digestBecause ?? (error ? 'the end was not reached' : 'values were not read')}`;
}
