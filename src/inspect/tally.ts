/**
 * What the reader has counted so far: keys by database and type, functions, modules. Counting a key allocates
 * nothing. What a hostile file could make grow without end is limited.
 */
import {Fault, grouped} from './fault.ts';
import {type Dataset, type KeyCount, VALUE_TYPES, type ValueType} from './inspection.ts';

/** Databases with keys that we keep apart. Servers have 16 unless told otherwise; the drill starts its own with 1,024. */
const MAX_DATABASES = 65_536;
/** Different module types and classes. Redis ships with about ten. */
const MAX_MODULES = 1024;
/** Databases are numbered by a C int (server.dbnum). */
const MAX_DATABASE_NUMBER = 2 ** 31 - 1;

export class Tally {
  keys = 0;
  functions = 0;
  hashesWithFieldExpiry = 0;
  /** Keys whose value has no element; only a reader that takes values apart sees them. */
  emptyKeys = 0;
  database = 0;
  highestDatabase = 0;
  readonly modules = new Map<string, number>();
  readonly #databases = new Map<number, KeyCount>();
  readonly #types = new Map<ValueType, {keys: number}>(VALUE_TYPES.map(type => [type, {keys: 0}]));
  #current: KeyCount | undefined;

  select(database: number, offset: number): void {
    if (database > MAX_DATABASE_NUMBER) {
      throw new Fault(
        'malformed',
        offset,
        `the database number at byte ${grouped(offset)} is beyond any server's`,
      );
    }
    this.database = database;
    this.highestDatabase = Math.max(this.highestDatabase, database);
    this.#current = this.#databases.get(database);
  }

  key(type: ValueType, expires: boolean, offset: number): void {
    this.#current ??= this.#open(offset);
    this.#current.keys++;
    if (expires) this.#current.expires++;
    this.#types.get(type)!.keys++;
    this.keys++;
  }

  module(name: string, offset: number): void {
    if (!this.modules.has(name) && this.modules.size === MAX_MODULES) {
      throw new Fault('unreadable', offset, `there are more than ${grouped(MAX_MODULES)} different modules`);
    }
    this.modules.set(name, (this.modules.get(name) ?? 0) + 1);
  }

  dataset(): Dataset {
    const databases = [...this.#databases].sort(([a], [b]) => a - b);
    return {
      keys: this.keys,
      expires: databases.reduce((sum, [, count]) => sum + count.expires, 0),
      databases: Object.fromEntries(databases.map(([number, count]) => [String(number), {...count}])),
      types: Object.fromEntries(
        [...this.#types].filter(([, {keys}]) => keys > 0).map(([type, {keys}]) => [type, keys]),
      ),
      functions: this.functions,
    };
  }

  #open(offset: number): KeyCount {
    if (this.#databases.size === MAX_DATABASES) {
      throw new Fault(
        'unreadable',
        offset,
        `there are more than ${grouped(MAX_DATABASES)} databases with keys`,
      );
    }
    const count = {keys: 0, expires: 0};
    this.#databases.set(this.database, count);
    return count;
  }
}
