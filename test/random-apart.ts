/**
 * What DEBUG DIGEST does not see, for a real server: streams with consumer groups in every state that commands lead to,
 * function libraries, hash fields with expiries. The same seed gives the same commands.
 */
import type {Command} from './random-dataset.ts';
import {randomFrom} from './random-dataset.ts';

const buffer = Buffer;
const {floor} = Math;

export type Abilities = {
  /** Function libraries: from 7.0 on. */
  functions: boolean;
  fieldTtls: boolean;
  /** Some fields expire within a second: they have expired when they are read again. */
  brief?: boolean;
};

export class RandomApart {
  readonly #random: () => number;
  #brief = false;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  commands({functions, fieldTtls, brief = true}: Abilities): Command[] {
    this.#brief = brief;
    const databases = [0, 3, 9].slice(0, 1 + this.#below(3));
    return [
      ...databases.flatMap(database => [
        ['SELECT', String(database)] as Command,
        ...Array.from({length: 1 + this.#below(6)}, (_, i) => this.#stream(this.#name(`stream${i}`))).flat(),
        ...(fieldTtls ? Array.from({length: this.#below(5)}, (_, i) => this.#hash(`hash${i}`)).flat() : []),
      ]),
      ['SELECT', '0'],
      ...(functions ? Array.from({length: this.#below(4)}, (_, i) => this.#library(i)) : []),
    ];
  }

  #below(limit: number): number {
    return floor(this.#random() * limit);
  }

  /** Of any bytes; now and then one that servers compress, or write as an integer. */
  #name(text: string): Buffer {
    const kind = this.#below(4);
    if (kind === 0) return buffer.from(text + 'a'.repeat(this.#below(300)));
    if (kind === 1) return buffer.from(String(text.length * 1000 + this.#below(1000)));
    if (kind === 2) return buffer.concat([buffer.from(text), buffer.from([0, 255, this.#below(256)])]);
    return buffer.from(text);
  }

  #stream(key: Buffer): Command[] {
    const length = this.#below(40);
    const id = (i: number) => `${1_700_000_000_000 + i}-${i % 3}`;
    const commands: Command[] = Array.from({length}, (_, i) => ['XADD', key, id(i), 'f', String(i)]);
    if (length === 0) commands.push(['XGROUP', 'CREATE', key, 'first', '$', 'MKSTREAM']);
    for (let group = this.#below(4); group > 0; group--) {
      commands.push(...this.#group(key, this.#name(`group${group}`), length, id));
    }
    if (length > 2 && this.#below(2) === 0) commands.push(['XDEL', key, id(this.#below(length))]);
    if (length > 5 && this.#below(4) === 0) commands.push(['XTRIM', key, 'MAXLEN', String(length >> 1)]);
    if (this.#below(4) === 0) commands.push(['XSETID', key, '1800000000000-7']);
    return commands;
  }

  #group(key: Buffer, group: Buffer, length: number, id: (i: number) => string): Command[] {
    const start = this.#below(2) === 0 || length === 0 ? '0' : id(this.#below(length));
    const commands: Command[] = [['XGROUP', 'CREATE', key, group, start]];
    const consumers = Array.from({length: this.#below(4)}, (_, i) => this.#name(`consumer${i}`));
    for (const consumer of consumers) {
      const count = String(1 + this.#below(10));
      commands.push(['XREADGROUP', 'GROUP', group, consumer, 'COUNT', count, 'STREAMS', key, '>']);
    }
    const [owner] = consumers;
    if (owner === undefined || length === 0) return commands;
    const some = () => id(this.#below(length));
    if (this.#below(2) === 0) commands.push(['XACK', key, group, some(), some()]);
    // Of another owner, of no owner at all, with another number of deliveries.
    if (this.#below(2) === 0) {
      const retries = String(this.#below(100));
      commands.push(['XCLAIM', key, group, owner, '0', some(), 'RETRYCOUNT', retries, 'FORCE']);
    }
    if (this.#below(3) === 0) commands.push(['XCLAIM', key, group, 'newcomer', '0', some(), 'IDLE', '5000']);
    if (this.#below(5) === 0) commands.push(['XGROUP', 'DELCONSUMER', key, group, owner]);
    return commands;
  }

  #hash(name: string): Command[] {
    const key = this.#name(name);
    const size = 1 + this.#below(this.#below(4) === 0 ? 700 : 20);
    const fields = Array.from({length: size}, (_, i) =>
      buffer.concat([this.#name('f'), buffer.from(`:${i}`)]),
    );
    const commands: Command[] = [['HSET', key, ...fields.flatMap(field => [field, 'v'])]];
    for (const field of fields.filter(() => this.#below(2) === 0)) {
      const ms =
        this.#below(8) === 0 && this.#brief ? 1 + this.#below(500) : 100_000 + this.#below(10_000_000);
      commands.push(['HPEXPIRE', key, String(ms), 'FIELDS', '1', field]);
    }
    return commands;
  }

  #library(number: number): Command {
    const comment = `-- ${'filler '.repeat(this.#below(this.#below(3) === 0 ? 20_000 : 10))}\u00e9`;
    const body = `redis.register_function('f${number}', function() return ${this.#below(1000)} end)`;
    return ['FUNCTION', 'LOAD', 'REPLACE', `#!lua name=lib${number}\n${comment}\n${body}`];
  }
}
