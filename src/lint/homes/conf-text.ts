/**
 * redis.conf inside of another file: a ConfigMap, a value of a chart, a here-document. In: the text, and where each of its
 * lines stands. Out: settings at the places of the outer file; and whether a text looks like a redis.conf at all.
 */
import {parseConf} from '../../redis/conf.ts';
import {rowOf, serverTables} from '../server-table.ts';
import {asSetting, type Configuration, isTemplated, type Place} from '../setting.ts';

type Read = Pick<Configuration, 'settings' | 'unreadable' | 'open'>;

/** A line of a template language, or one that is all variable. */
const TEMPLATE_LINE = /^\s*(?:\{\{|\{%|<%|\$\{|\$\(|%[a-z])/;

/** `placeOf` takes a line from 1 and a column from 1. */
export function readConfText(text: string, placeOf: (line: number, column: number) => Place): Read {
  const read: Read = {settings: [], unreadable: [], open: []};
  const lines = text.split('\n').map((line, index) => {
    if (!TEMPLATE_LINE.test(line)) return line;
    // A comment of the template sets nothing.
    if (!/^\s*(?:\{\{-?\s*\/\*|\{#|<%#)/.test(line))
      read.open.push({...placeOf(index + 1, 1), because: 'a template may put further settings here'});
    return '';
  });
  const {directives, problems} = parseConf(Buffer.from(lines.join('\n'), 'utf8').toString('latin1'), '');
  for (const directive of directives) {
    const place = placeOf(directive.line, directive.column);
    if (directive.name === 'include')
      read.open.push({...place, because: 'the included file is not looked for here'});
    else read.settings.push(asSetting({...directive, ...place}));
  }
  for (const {origin, message} of problems) {
    const line = Number(origin.slice(1));
    const problem = {...placeOf(line, 1), because: message};
    if (isTemplated(lines[line - 1]!.replace(/^.*?(?=\$\{|\$\(|\{\{|\{%|<%)/, ''))) read.open.push(problem);
    else read.unreadable.push(problem);
  }
  return read;
}

const isKnownName = (name: string): boolean => serverTables().some(table => rowOf(table, name) !== undefined);

/** Names that other programs' files begin lines with as well. */
const COMMON = new Set([
  'include',
  'port',
  'user',
  'timeout',
  'bind',
  'dir',
  'save',
  'daemonize',
  'logfile',
  'pidfile',
]);

/** Most lines begin with a directive of a server, and one at least with a name that nothing else has. */
export function looksLikeConf(text: string): boolean {
  const names = text
    .split('\n')
    .filter(line => !/^\s*(#|$)/.test(line) && !TEMPLATE_LINE.test(line))
    .map(line => /^\s*([A-Za-z][\w.-]*)(?=\s)/.exec(line)?.[1]?.toLowerCase() ?? '');
  const known = names.filter(isKnownName);
  const telling = known.filter(
    name => !COMMON.has(name) || (name === 'save' && /^\s*save\s+(""|\d)/m.test(text)),
  );
  return telling.length > 0 && known.length * 10 >= names.length * 7;
}
