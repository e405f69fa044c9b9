/**
 * The walk through a dump: a flat loop over opcodes and keys that feeds the tally. Loaders accept any opcode
 * anywhere, so there are no states to be in, only what has been announced for the next key. It stops between
 * entries when asked to, so that its caller can breathe.
 */
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
/** `expire-ms` of -1 stands for "none" in loaders (rdbLoadRioWithLoadingCtx). */
const NO_EXPIRE = -1n;

export class Walk {
  readonly tally = new Tally();
  readonly producer = new ProducerNotes();
  doing: Doing = 'start';
  /** Type of the value that is being read. */
  reading: ValueType = 'string';
  readonly #dump: DumpReader;
  readonly #types: (ValueTypeRow | undefined)[];
  readonly #opcodes: ReadonlyMap<number, Opcode>;
  /** `null`: values are passed over, and there is no digest. */
  readonly #values: ValueReader | null;
  readonly #templates = new Map<number, number>();
  #templateFields = 0;
  /** The next key has an expiry time. */
  #expires = false;

  constructor(dump: DumpReader, version: DumpVersion, values: ValueReader | null = null) {
    this.#dump = dump;
    this.#values = values;
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
    this.reading = row.type;
    this.doing = 'read-key';
    if (this.#values === null) {
      this.#dump.skipString();
      this.doing = 'read-object-value';
      row.skip(this.#dump, this.#templates);
    } else {
      this.#digest(row, this.#values);
    }
    if (row.fieldExpiry) this.tally.hashesWithFieldExpiry++;
    this.#count(row.type);
  }

  #digest(row: ValueTypeRow, values: ValueReader): void {
    const {digester} = values;
    digester.makeRoom();
    const name = values.text();
    this.doing = 'read-object-value';
    digester.begin(row.type, name);
    row.read(values);
    if (!digester.end(this.#expires)) this.tally.emptyKeys++;
  }

  #count(type: ValueType): void {
    this.tally.key(type, this.#expires, this.#dump.offset);
    this.#expires = false;
  }

  /** `key:str module-id:len, module stream` */
  #moduleKey(): void {
    this.reading = 'module';
    this.doing = 'read-key';
    this.#dump.skipString();
    this.doing = 'read-object-value';
    const name = moduleName(this.#dump.exactLength());
    skipModuleStream(this.#dump);
    this.tally.module(name, this.#dump.offset);
    if (this.#values !== null) this.#values.digester.undigestible ??= `values of the module type ${name}`;
    this.#count('module');
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
        this.#expires = dump.i64le() !== NO_EXPIRE;
        return;
      case 'expire-seconds':
        this.doing = 'read-expire';
        dump.skip(4);
        this.#expires = true;
        return;
      case 'aux':
        this.#aux();
        return;
      case 'idle':
        dump.length();
        return;
      case 'frequency':
        dump.skip(1);
        return;
      case 'select-db':
        this.doing = 'read-len';
        this.tally.select(dump.length(), dump.offset);
        this.#values?.digester.select(this.tally.database);
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
        dump.skipString();
        this.tally.functions++;
        return;
      case 'function-pre-ga':
        this.#functionPreGa();
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

  /** `name:str engine:str has-description:len [description:str] code:str` */
  #functionPreGa(): void {
    const dump = this.#dump;
    this.doing = 'read-functions';
    dump.skipString();
    dump.skipString();
    if (dump.length() !== 0) dump.skipString();
    dump.skipString();
    this.tally.functions++;
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
    for (let left = dump.count(); left > 0; left--) {
      const word = dump.bytes(4);
      const name = keyMetaClassName(new DataView(word.buffer).getUint32(0, true));
      skipModuleStream(dump);
      this.tally.module(name, dump.offset);
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
