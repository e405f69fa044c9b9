/**
 * What a server of one version takes in its configuration. In: the tables that scripts/directive-tables.mjs asked of real
 * servers. Out: the table of a version, or the nearest ones below and above where no server of it was at hand; nothing
 * is claimed of a product or a version beyond them.
 */
import type {Target} from './setting.ts';
import {redict7_3} from './tables/redict-7.3.ts';
import {redis6_0} from './tables/redis-6.0.ts';
import {redis7_0} from './tables/redis-7.0.ts';
import {redis8_0} from './tables/redis-8.0.ts';
import {redis8_6} from './tables/redis-8.6.ts';
import {valkey8_0} from './tables/valkey-8.0.ts';
import {valkey8_1} from './tables/valkey-8.1.ts';
import {valkey9_1} from './tables/valkey-9.1.ts';

export type DirectiveType =
  | {kind: 'bool' | 'memory' | 'memory-or-percent' | 'octal' | 'string' | 'special' | 'lines'}
  | {kind: 'int'; from: bigint | null; to: bigint | null}
  | {kind: 'enum'; values: string[]};

export type Row = {
  name: string;
  type: DirectiveType;
  /** When nothing is said; `null` of what CONFIG GET does not tell. */
  value: string | null;
};

export type ServerTable = {
  product: Target['product'];
  line: string;
  rows: Map<string, Row>;
  aliases: Map<string, string>;
};

const RAW = [redis6_0, redis7_0, redis8_0, redis8_6, redict7_3, valkey8_0, valkey8_1, valkey9_1];

let parsed: ServerTable[] | undefined;

/** From the oldest to the newest of each product. */
export function serverTables(): ServerTable[] {
  parsed ??= RAW.map(({product, line, rows}) => {
    const table: ServerTable = {product, line, rows: new Map(), aliases: new Map()};
    for (const text of rows.trim().split('\n')) readRow(text, table);
    return table;
  });
  return parsed;
}

function readRow(text: string, table: ServerTable): void {
  const [name = '', type = '', ...rest] = text.split(' ');
  if (type === '=') {
    table.aliases.set(name, rest[0]!);
    return;
  }
  const value = rest.length === 0 ? null : (JSON.parse(rest.join(' ')) as string);
  table.rows.set(name, {name, type: readType(type), value});
}

function readType(text: string): DirectiveType {
  const [, kind = '', inside] = /^([a-z-]+)(?:\((.*)\))?$/.exec(text) ?? [];
  if (kind === 'enum') return {kind, values: inside!.split('|')};
  if (kind === 'int') {
    const [from, to] = inside?.split('..') ?? [];
    return {kind, from: from === undefined ? null : BigInt(from), to: to === undefined ? null : BigInt(to)};
  }
  return {kind: kind as 'bool'};
}

export function rowOf({rows, aliases}: ServerTable, name: string): Row | undefined {
  return rows.get(aliases.get(name) ?? name);
}

const number = (line: string): number[] => line.split('.').map(Number);

/** Below zero where `left` is the older. */
export function compareLines(left: string, right: string): number {
  const [a = 0, b = 0] = number(left);
  const [c = 0, d = 0] = number(right);
  return a - c || b - d;
}

/** Valkey began as Redis 7.2. */
const lineage = ({product, line}: Target) =>
  serverTables().filter(
    table => table.product === product || (product === 'valkey' && compareLines(line, '8.0') < 0),
  );

export type TablesOf = {
  /** Whose values and types are taken. */
  nearest: ServerTable;
  /** The version itself, or those on both sides of it: a directive is unknown when none of them has it. */
  around: ServerTable[];
  /** Older or newer than any table: nothing is said to be unknown to it. */
  beyond: boolean;
};

/** Without a target: the newest Redis for values, and every server for names. */
export function tablesOf(target: Target | null): TablesOf {
  const all = serverTables();
  if (target === null)
    return {nearest: all.findLast(({product}) => product === 'redis')!, around: all, beyond: true};
  const line = target.line.includes('.') ? target.line : `${target.line}.99`;
  const own = lineage(target).toSorted((a, b) => compareLines(a.line, b.line));
  const exact = own.find(table => table.line === target.line);
  if (exact) return {nearest: exact, around: [exact], beyond: false};
  const below = own.findLast(table => compareLines(table.line, line) < 0);
  const above = own.find(table => compareLines(table.line, line) > 0);
  const around = [below, above].filter(table => table !== undefined);
  const nearest = below ?? above ?? all.findLast(({product}) => product === 'redis')!;
  return {nearest, around: around.length === 0 ? all : around, beyond: around.length < 2};
}
