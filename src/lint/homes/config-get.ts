/**
 * What a live server said to CONFIG GET, as redis-cli prints it: a name and a value on lines of their own, numbered or
 * not, or RESP3's `1# "save" => "900 1"`. In: the text. Out: a configuration that is complete; `null` for any other text.
 */
import {confBytes, splitArgs} from '../../redis/conf.ts';
import {rowOf, serverTables} from '../server-table.ts';
import type {Configuration, Setting} from '../setting.ts';

/** Fewer could be anything. */
const MIN_PAIRS = 2;

export function readConfigGet(text: string, file: string): Configuration | null {
  const lines = text.replace(/\n+$/, '').split(/\r?\n/);
  const settings = pairsOf(lines).map(({name, value, line}): Setting => {
    const args = name === 'save' || name === 'client-output-buffer-limit' ? value.split(' ') : [value];
    return {name, args: args.map(confBytes), file, line, column: 1};
  });
  const known = settings.filter(({name}) => serverTables().some(table => rowOf(table, name)));
  if (settings.length < MIN_PAIRS || known.length * 10 < settings.length * 8) return null;
  const place = {file, line: 1, column: 1};
  return {
    ...place,
    name: 'CONFIG GET',
    settings,
    unreadable: [],
    open: [],
    complete: true,
    bare: false,
    target: null,
    files: [file],
  };
}

function pairsOf(lines: readonly string[]): {name: string; value: string; line: number}[] {
  const mapped = lines.map(line => /^\s*\d+# "([^"]+)" => (".*")$/.exec(line));
  if (mapped.every(match => match !== null))
    return mapped.map((match, index) => ({name: match[1]!, value: unquote(match[2]!), line: index + 1}));
  const numbered = lines.every(line => /^\s*\d+\) "/.test(line));
  const found = numbered ? lines.map(line => unquote(line.replace(/^\s*\d+\) /, ''))) : lines;
  // The last value may be an empty line.
  const plain = found.length % 2 === 1 ? [...found, ''] : found;
  return Array.from({length: plain.length / 2}, (_, index) => ({
    name: plain[2 * index]!.trim().toLowerCase(),
    value: plain[2 * index + 1]!,
    line: 2 * index + 1,
  }));
}

const unquote = (text: string): string => splitArgs(text)?.[0] ?? text;
