/** What an append-only file says of itself, as a person reads it. */
import type {AofInspection} from '../inspect/aof/aof-inspection.ts';
import {printable} from './printable.ts';
import type {Paint} from './text.ts';
import {count, number, writerOf} from './wording.ts';

export function renderAof(aof: AofInspection, paint: Paint): string {
  const {base, annotatedFrom, annotatedUntil, cutTail} = aof;
  const kinds = Object.entries(aof.commands).toSorted(([, a], [, b]) => b - a);
  const rows: [string, string][] = [
    ['Format', `append-only file, ${aof.layout}, ${count(aof.sizeBytes, 'byte')}`],
    ...aof.parts.map(({name, role, sizeBytes, format, commands}): [string, string] => [
      `  ${role}`,
      `${name}: ${count(sizeBytes, 'byte')}, ${format === 'dump' ? 'a dump and ' : ''}${count(commands, 'command')}`,
    ]),
    ...aof.history.map((name): [string, string] => ['  history', `${name}: never loaded`]),
    [
      'Base',
      base
        ? `${count(base.dataset.keys, 'key')}, written ${base.createdAt ?? 'at an unknown time'} by ${writerOf(base)}`
        : 'none',
    ],
    ['Commands', kinds.map(([kind, n]) => `${kind} ${number(n)}`).join(', ') || 'none'],
    ['MULTI', count(aof.transactions, 'transaction')],
    [
      'Times',
      annotatedUntil === null ? 'not annotated' : `${annotatedFrom} to ${annotatedUntil} (#TS annotations)`,
    ],
    ...(cutTail
      ? [
          ['Cut', `in the middle of a ${cutTail.within}: ${count(cutTail.lostBytes, 'byte')} lost`] as [
            string,
            string,
          ],
        ]
      : []),
  ];
  const table = rows
    .map(([label, text]) => `${paint('dim', printable(label).padEnd(13))} ${printable(text)}`)
    .join('\n');
  const problems = aof.problems.map(({severity, message, rule, offset, line}) => {
    const word = severity === 'error' ? paint('bad', 'DAMAGED') : paint('warn', severity.toUpperCase());
    const where =
      offset !== undefined ? `, byte ${number(offset)}` : line !== undefined ? `, line ${number(line)}` : '';
    return `${word}  ${printable(message)} [${rule}${where}]`;
  });
  return `${[table, ...(problems.length > 0 ? [problems.join('\n')] : [])].join('\n\n')}\n`;
}
