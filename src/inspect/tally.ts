/**
 * What the reader has counted so far: keys by cell (database and patterns that match), functions, modules. Counting a
 * key allocates nothing. What a hostile file could make grow without end is limited.
 */
import {DrillError} from '../errors.ts';
import {Cell} from './cell.ts';
import {Fault, grouped} from './fault.ts';
import type {ValueType} from './inspection.ts';

/** Databases with keys that we keep apart. Servers have 16 unless told otherwise; the drill starts its own with 1,024. */
const MAX_DATABASES = 65_536;
/** Databases times combinations of patterns, of those that occur: some 60 MB. */
const MAX_CELLS = 131_072;
/** Different module types and classes. Redis ships with about ten. */
const MAX_MODULES = 1024;
/** Databases are numbered by a C int (server.dbnum). */
const MAX_DATABASE_NUMBER = 2 ** 31 - 1;

export class Tally {
  keys = 0;
  functions = 0;
  hashesWithFieldExpiry = 0;
  /** Something was read that no real server has shown us yet, in a version that was tried. */
  untried = false;
  /** Keys whose value has no element; only a reader that takes values apart sees them. */
  emptyKeys = 0;
  database = 0;
  highestDatabase = 0;
  readonly modules = new Map<string, number>();
  /** In the order of their first keys. */
  readonly cells: Cell[] = [];
  /** Cells of a database, by combination. */
  readonly #databases = new Map<number, (Cell | undefined)[]>();
  #current: (Cell | undefined)[] | undefined;

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

  /** Where a key of the current database belongs; it counts when it is added. */
  cell(combination: number, offset: number): Cell {
    return this.#current?.[combination] ?? this.#open(combination, offset);
  }

  key(cell: Cell, type: ValueType, bytes: number): void {
    cell.add(type, bytes);
    this.keys++;
  }

  /** Only modules attach anything to keys, and none that we could have. */
  attached(name: string, offset: number): void {
    this.untried = true;
    this.module(name, offset);
  }

  module(name: string, offset: number): void {
    if (!this.modules.has(name) && this.modules.size === MAX_MODULES) {
      throw new Fault('unreadable', offset, `there are more than ${grouped(MAX_MODULES)} different modules`);
    }
    this.modules.set(name, (this.modules.get(name) ?? 0) + 1);
  }

  #open(combination: number, offset: number): Cell {
    if (this.#current === undefined) {
      if (this.#databases.size === MAX_DATABASES) {
        throw new Fault(
          'unreadable',
          offset,
          `there are more than ${grouped(MAX_DATABASES)} databases with keys`,
        );
      }
      this.#current = [];
      this.#databases.set(this.database, this.#current);
    }
    // Without patterns there are no more of them than databases.
    if (this.cells.length === MAX_CELLS) {
      throw new DrillError(
        'config/invalid',
        `the groups split the databases into more than ${grouped(MAX_CELLS)} parts`,
        {
          hint: 'Ask for fewer groups at a time, or for patterns that begin differently.',
        },
      );
    }
    const cell = new Cell(this.database, combination);
    this.cells.push(cell);
    this.#current[combination] = cell;
    return cell;
  }
}
