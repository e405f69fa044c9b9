/**
 * One pass over the commands of one file of an AOF: how many of each kind, the transactions, the time annotations, and up
 * to where all of it is whole. Values are passed over and no key is looked at. What it calls damaged is framing that no
 * server writes; what a command does, and whether it exists, is for the server to say.
 */
import {setImmediate as nextTurn} from 'node:timers/promises';
import {throwIfAborted} from '../../errors.ts';
import type {Phase} from '../../progress.ts';
import type {Source} from '../dump-reader.ts';
import {kindOf, NAME_MAX_BYTES} from './command-names.ts';
import {CommandReader, EndOfCommands, MalformedCommand} from './command-reader.ts';
import {PlainCommands} from './plain-commands.ts';

/** Bytes between two turns of the event loop. */
const SLICE_BYTES = 8 * 1024 * 1024;
/** How far is looked for commands behind a string that reaches beyond the end of the file. */
const LOOK_AHEAD_BYTES = 4 * 1024 * 1024;
/** Commands of one word that may stand in a transaction. */
const SINGLE_WORDS = new Set(['multi', 'exec', 'flushall', 'flushdb']);

/** How the commands end. `offset`: where the last whole command outside a transaction ended. */
export type CommandsEnd =
  | {kind: 'whole'}
  | {kind: 'cut'; offset: number; within: 'command' | 'transaction'}
  | {kind: 'damaged'; offset: number; doing: string; message: string};

export type Walked = {
  commands: number;
  kinds: Map<string, number>;
  transactions: number;
  /** Seconds since 1970, as annotated. */
  firstSecond: number | null;
  lastSecond: number | null;
  highestDatabase: number;
  end: CommandsEnd;
};

export async function walkCommands(
  source: Source,
  from: number,
  {phase, signal}: {phase: Phase; signal?: AbortSignal | undefined},
): Promise<Walked> {
  const walk = new Walk(source, from);
  for (let until = from + SLICE_BYTES; !walk.run(until); until = walk.offset + SLICE_BYTES) {
    phase.update(walk.offset);
    await nextTurn();
    throwIfAborted(signal);
  }
  return walk.done();
}

class Walk {
  readonly walked: Walked;
  readonly #reader: CommandReader;
  readonly #plain = new PlainCommands();
  /** After the last whole command outside a transaction. */
  #wholeUpTo: number;
  #inTransaction = false;
  #doing = 'read-command';

  constructor(source: Source, from: number) {
    this.#reader = new CommandReader(source, from);
    this.#wholeUpTo = from;
    this.walked = {
      commands: 0,
      kinds: new Map(),
      transactions: 0,
      firstSecond: null,
      lastSecond: null,
      highestDatabase: 0,
      end: {kind: 'whole'},
    };
  }

  get offset(): number {
    return this.#reader.offset;
  }

  /** True when all is read, or nothing more can be. */
  run(until: number): boolean {
    try {
      while (!this.#reader.atEnd) {
        if (this.offset >= until) return false;
        this.#doing = 'read-command';
        this.walked.commands += this.#reader.passPlain(this.#plain);
        if (!this.#inTransaction) this.#wholeUpTo = this.offset;
        if (this.#reader.atEnd) break;
        if (this.#reader.peek() === 0x23) this.#annotation();
        else this.#command();
        if (!this.#inTransaction) this.#wholeUpTo = this.offset;
      }
      if (this.#inTransaction) this.walked.end = this.#cut('transaction');
    } catch (error) {
      this.walked.end = this.#endOf(error);
    }
    return true;
  }

  done(): Walked {
    const {kinds} = this.walked;
    for (const {name, count} of this.#plain.counts) kinds.set(name, (kinds.get(name) ?? 0) + count);
    return this.walked;
  }

  #annotation(): void {
    const seconds = /^#TS:(\d{1,12})$/.exec(this.#reader.line())?.[1];
    if (seconds === undefined) return;
    this.walked.firstSecond ??= Number(seconds);
    this.walked.lastSecond = Number(seconds);
  }

  #command(): void {
    const reader = this.#reader;
    const at = this.offset;
    const words = reader.count('*', 1);
    const name = this.#name();
    this.#doing = 'read-argument';
    let first = '';
    for (let word = 1; word < words; word += 1) {
      const bytes = reader.count('$', 0);
      if (word === 1 && name === 'select' && bytes <= 10) first = reader.text(bytes);
      else reader.skip(bytes);
      reader.endOfLine();
    }
    this.#count(name, {words, first, at});
  }

  /** In lower case; empty where it is longer than any that we know. */
  #name(): string {
    const bytes = this.#reader.count('$', 1);
    let name = '';
    if (bytes > NAME_MAX_BYTES) this.#reader.skip(bytes);
    else name = this.#reader.text(bytes).toLowerCase();
    this.#reader.endOfLine();
    return name;
  }

  #count(name: string, {words, first, at}: {words: number; first: string; at: number}): void {
    const {kinds} = this.walked;
    const kind = kindOf(name);
    // Between MULTI and EXEC only commands of more words are written: this was an EXEC.
    const misplaced = name === 'multi' || (words === 1 && !SINGLE_WORDS.has(name));
    if (this.#inTransaction && misplaced) {
      throw new MalformedCommand(at, 'a transaction that goes on where its EXEC should be');
    }
    if (name === 'multi') this.#inTransaction = true;
    if (name === 'exec') {
      if (this.#inTransaction) this.walked.transactions += 1;
      this.#inTransaction = false;
    }
    this.walked.commands += 1;
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    if (name !== 'select' || !/^\d{1,5}$/.test(first)) return;
    this.walked.highestDatabase = Math.max(this.walked.highestDatabase, Number(first));
  }

  #endOf(error: unknown): CommandsEnd {
    if (error instanceof MalformedCommand) {
      return {kind: 'damaged', offset: error.offset, doing: this.#doing, message: error.message};
    }
    if (!(error instanceof EndOfCommands)) throw error;
    const at = this.offset;
    if (this.#reader.commandsFollow(LOOK_AHEAD_BYTES)) {
      const message = 'a length that reaches beyond the end of the file, with further commands behind it';
      return {kind: 'damaged', offset: at, doing: this.#doing, message};
    }
    return this.#cut(this.#inTransaction ? 'transaction' : 'command');
  }

  #cut(within: 'command' | 'transaction'): CommandsEnd {
    return {kind: 'cut', offset: this.#wholeUpTo, within};
  }
}
