/**
 * The walk through a dump: a flat loop over opcodes and keys that feeds the tally. Loaders accept any opcode
 * anywhere, so there are no states to be in, only what has been announced for the next key. It stops between
 * entries when asked to, so that its caller can breathe.
 */
import {Announced} from './announced.ts';
import {readFunction, skipPreGaFunction} from './apart/function-code.ts';
import {readStreamState} from './apart/stream-state.ts';
import type {CanaryFinder} from './canaries/canary-finder.ts';
import type {Cell} from './cell.ts';
import {KEY_NAME} from './digest/tape.ts';
import type {DumpReader} from './dump-reader.ts';
import {Fault, grouped} from './fault.ts';
import type {ValueType} from './inspection.ts';
import {keyMetaClassName, moduleName} from './module-name.ts';
import {type Opcode, opcodesOf} from './opcodes.ts';
import {AUX_MAX_BYTES, ProducerNotes} from './producer.ts';
import {skipCommand} from './skip-command.ts';
import {skipModuleStream} from './skip-value.ts';
import {Tally} from './tally.ts';
import {MODULE_2, MODULE_PRE_GA, type ValueTypeRow, valueTypesOf} from './value-types.ts';
import type {NameReader} from './values/name-reader.ts';
import type {Template, ValueReader} from './values/value-reader.ts';
import type {DumpVersion} from './version.ts';

/** What was being read, in redis-check-rdb's words (rdb_check_doing_string). */
export type Doing =
  | 'start'
  | 'read-type'
  | 'read-expire'
  | 'read-key'
  | 'read-object-value'
  | 'check-sum'
  | 'read-len'
  | 'read-aux'
  | 'read-module-aux'
  | 'read-functions';

/** Hash templates (Redis 8.10) that we remember; each is one set of field names shared by many hashes. */
const MAX_TEMPLATES = 65_536;
const MAX_TEMPLATE_FIELDS = 1_000_000;

type Readers = {names: NameReader; values: ValueReader | null; canaries?: CanaryFinder | null};

export class Walk {
  readonly tally = new Tally();
  readonly producer = new ProducerNotes();
  doing: Doing = 'start';
  /** Type of the value that is being read. */
  reading: ValueType = 'string';
  readonly #dump: DumpReader;
  readonly #types: (ValueTypeRow | undefined)[];
  readonly #opcodes: ReadonlyMap<number, Opcode>;
  readonly #names: NameReader;
  readonly #canaries: CanaryFinder | null;
  /** `null`: values are passed over, and there is no digest. */
  readonly #values: ValueReader | null;
  readonly #templates = new Map<number, number>();
  #templateFields = 0;
  /** Of the next key. */
  readonly #announced = new Announced();

  constructor(dump: DumpReader, version: DumpVersion, {names, values, canaries = null}: Readers) {
    this.#dump = dump;
    this.#names = names;
    this.#values = values;
    this.#canaries = canaries;
    if (version.magic === 'VALKEY') this.producer.product = 'valkey';
    this.#types = valueTypesOf(version);
    this.#opcodes = opcodesOf(version);
  }

  /** Reads entries until byte `until` of the file is passed; true when the EOF opcode was read. */
  run(until: number): boolean {
    const dump = this.#dump;
    while (dump.offset < until) {
      this.doing = 'read-type';
      const code = dump.u8();
      const row = this.#types[code];
      if (row !== undefined) this.#key(row);
      else if (this.#other(code)) return true;
    }
    return false;
  }

  #key(row: ValueTypeRow): void {
    const cell = this.#name(row);
    if (this.#values === null) row.skip(this.#dump, this.#templates);
    else this.#digest(row, this.#values, cell);
    if (row.fieldExpiry) this.tally.hashesWithFieldExpiry++;
    this.#count(cell, row.type);
  }

  /** Reads the name of a key, and finds out by it where the key belongs. */
  #name(row: ValueTypeRow | null): Cell {
    const digester = this.#values?.digester;
    this.reading = row?.type ?? 'module';
    this.doing = 'read-key';
    this.#announced.begin(this.#dump);
    digester?.makeRoom();
    this.#names.read();
    this.doing = 'read-object-value';
    const cell = this.tally.cell(this.#names.combination, this.#dump.offset);
    const {expires} = this.#announced;
    if (expires) digester?.expiring(this.#names.text, this.#announced, cell);
    if (this.#canaries?.matches)
      this.#canaries.note(this.tally.database, {row, offset: this.#dump.offset, expires});
    return cell;
  }

  #digest(row: ValueTypeRow, values: ValueReader, cell: Cell): void {
    const {digester} = values;
    const {layout, fieldExpiry} = row;
    // What is digested apart goes on needing the name of the key.
    if (layout !== undefined || fieldExpiry) digester.tape.hold(this.#names.text);
    digester.begin(row.type, this.#names.text, cell);
    row.read(values);
    if (!digester.end(this.#announced.expires)) this.tally.emptyKeys++;
    if (layout !== undefined) readStreamState(values, layout);
    digester.tape.release(KEY_NAME);
  }

  #count(cell: Cell, type: ValueType): void {
    const {expires, expiresAtMs} = this.#announced;
    if (expires) cell.expiring(expiresAtMs - this.producer.createdAtMs);
    const bytes = this.#announced.end(this.#dump);
    this.#names.sorter?.sized?.(bytes);
    this.tally.key(cell, type, bytes);
  }

  /** `key:str module-id:len, module stream` */
  #moduleKey(): void {
    const cell = this.#name(null);
    const name = moduleName(this.#dump.exactLength());
    skipModuleStream(this.#dump);
    this.tally.module(name, this.#dump.offset);
    cell.undigestible ??= `values of the module type ${name}`;
    this.#count(cell, 'module');
  }

  /** True for the EOF opcode. */
  #other(code: number): boolean {
    const opcode = this.#opcodes.get(code);
    if (opcode === 'eof') return true;
    if (opcode !== undefined) this.#opcode(opcode);
    else if (code === MODULE_2) this.#moduleKey();
    else this.#refuse(code);
    return false;
  }

  #refuse(code: number): never {
    const at = this.#dump.offset - 1;
    const where = `at byte ${grouped(at)}`;
    if (code === MODULE_PRE_GA) {
      const message = `a module value of a Redis 4.0 release candidate stands ${where}: only that module can read it`;
      throw new Fault('unreadable', at, message, code);
    }
    throw new Fault('unknown', at, `unknown type or opcode ${code} ${where}`, code);
  }

  #opcode(opcode: Exclude<Opcode, 'eof'>): void {
    const dump = this.#dump;
    switch (opcode) {
      case 'expire-ms':
        this.doing = 'read-expire';
        this.#announced.begin(dump);
        this.#announced.milliseconds(dump);
        return;
      case 'expire-seconds':
        this.doing = 'read-expire';
        this.#announced.begin(dump);
        this.#announced.seconds(dump);
        return;
      case 'aux':
        this.#aux();
        return;
      case 'idle':
        this.#announced.begin(dump);
        dump.length();
        return;
      case 'frequency':
        this.#announced.begin(dump);
        dump.skip(1);
        return;
      case 'select-db':
        this.doing = 'read-len';
        this.tally.select(dump.length(), dump.offset);
        return;
      case 'resize-db':
        this.#lengths(2);
        return;
      case 'slot-info':
        this.#lengths(3);
        return;
      case 'slot-import':
        this.#slotImport();
        return;
      case 'function':
        this.doing = 'read-functions';
        if (this.#values === null) dump.skipString();
        else readFunction(this.#values);
        this.tally.functions++;
        return;
      case 'function-pre-ga':
        this.doing = 'read-functions';
        skipPreGaFunction(dump);
        if (this.#values !== null) this.#values.functions.isPreGa = true;
        this.tally.functions++;
        return;
      case 'module-aux':
        this.#moduleAux();
        return;
      case 'key-meta':
        this.#keyMeta();
        return;
      case 'hash-template':
        this.#hashTemplate();
        return;
      case 'update':
        this.doing = 'read-aux';
        skipCommand(dump);
        return;
    }
  }

  /** Hints and slot numbers: nothing that we count by. */
  #lengths(count: number): void {
    this.doing = 'read-len';
    for (let left = count; left > 0; left--) this.#dump.length();
  }

  /** `name:str value:str` */
  #aux(): void {
    this.doing = 'read-aux';
    const name = this.#dump.string(AUX_MAX_BYTES);
    const value = this.#dump.string(AUX_MAX_BYTES);
    if (name !== null) this.producer.take(latin1(name), value === null ? null : latin1(value));
  }

  /** `job:str ranges:len, ranges x (first:len last:len)` */
  #slotImport(): void {
    this.doing = 'read-len';
    this.#dump.skipString();
    for (let left = this.#dump.count(); left > 0; left--) this.#lengths(2);
  }

  /** `module-id:len 2:len when:len, module stream`; the 2 says that an unsigned number follows. */
  #moduleAux(): void {
    const dump = this.#dump;
    this.doing = 'read-module-aux';
    const name = moduleName(dump.exactLength());
    const at = dump.offset;
    if (dump.length() !== 2)
      throw new Fault('malformed', at, `module AUX data at byte ${grouped(at)} lacks its opcode 2`);
    dump.length();
    skipModuleStream(dump);
    this.tally.module(name, dump.offset);
  }

  /** `classes:len, classes x (class:u32le, module stream)`; belongs to the next key. */
  #keyMeta(): void {
    const dump = this.#dump;
    this.doing = 'read-module-aux';
    this.#announced.begin(dump);
    for (let left = dump.count(); left > 0; left--) {
      const word = dump.bytes(4);
      const name = keyMetaClassName(new DataView(word.buffer).getUint32(0, true));
      skipModuleStream(dump);
      this.tally.attached(name, dump.offset);
    }
  }

  /** `id:len fields:len, fields x name:str`; remembered, as hashes of type 32 do not repeat the number. */
  #hashTemplate(): void {
    const dump = this.#dump;
    this.doing = 'read-aux';
    const id = dump.length();
    const fields = dump.count();
    this.#templateFields += fields;
    if (this.#templates.size === MAX_TEMPLATES || this.#templateFields > MAX_TEMPLATE_FIELDS) {
      const limits = `${grouped(MAX_TEMPLATES)} hash templates, or ${grouped(MAX_TEMPLATE_FIELDS)} fields in them`;
      throw new Fault('unreadable', dump.offset, `there are more than ${limits}`);
    }
    this.#templates.set(id, fields);
    if (this.#values === null) for (let left = fields; left > 0; left--) dump.skipString();
    else this.#values.templates.set(id, this.#fieldNames(fields, this.#values));
  }

  /** Their SHA-1: all that a digest needs of them. */
  #fieldNames(fields: number, values: ValueReader): Template {
    return Array.from({length: fields}, () => {
      values.digester.makeRoom();
      return values.digester.tape.digest(values.text());
    });
  }
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}
