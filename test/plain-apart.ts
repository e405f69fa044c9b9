/**
 * What is digested apart, from a server's own answers and with node:crypto, one text after the other: slow, short, and
 * sharing nothing with the reader. As drawn in src/inspect/apart.
 */
import {createHash} from 'node:crypto';
import type {Redis} from 'ioredis';

type Text = string | Uint8Array;

const sha1 = (text: Text): Uint8Array => createHash('sha1').update(text).digest();
const xor = (a: Uint8Array, b: Uint8Array): Uint8Array => a.map((byte, i) => byte ^ b[i]!);
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const ZEROS: Uint8Array = new Uint8Array(20);

const chain = (...texts: Text[]): Uint8Array =>
  texts.reduce<Uint8Array>((d, text) => sha1(xor(d, sha1(text))), ZEROS);

/** Databases that have chains, joined; zeros where none has. */
function joined(databases: Map<number, Uint8Array[]>): string {
  let digest = ZEROS;
  for (const [number, chains] of [...databases].sort(([a], [b]) => a - b)) {
    if (chains.length === 0) continue;
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(number);
    digest = xor(
      sha1(xor(digest, sha1(bytes))),
      chains.reduce((sum, one) => xor(sum, one), ZEROS),
    );
  }
  return hex(digest);
}

type Reply = Buffer | number | null | Reply[];

/** `name value name value …` */
function fieldsOf(reply: Reply): Record<string, Reply> {
  const list = reply as Reply[];
  return Object.fromEntries(
    list.flatMap((name, i) => (i % 2 === 0 ? [[String(name), list[i + 1]!] as const] : [])),
  );
}

/** As an id stands in the file: ms and seq, u64 big-endian each. */
function rawId(id: string): Buffer {
  const bytes = Buffer.alloc(16);
  const [ms, seq] = id.split('-');
  bytes.writeBigUInt64BE(BigInt(ms!));
  bytes.writeBigUInt64BE(BigInt(seq!), 8);
  return bytes;
}

function pendingBytes(id: string, deliveredAt: number): Buffer {
  const time = Buffer.alloc(8);
  time.writeBigInt64LE(BigInt(deliveredAt));
  return Buffer.concat([rawId(id), time]);
}

export class PlainApart {
  readonly #redis: Redis;
  readonly counts = {streams: 0, groups: 0, consumers: 0, pending: 0, fields: 0};

  constructor(redis: Redis) {
    this.#redis = redis;
  }

  async consumerGroups(databases: number[]): Promise<string> {
    return joined(await this.#byDatabase(databases, 'stream', key => this.#stream(key)));
  }

  async fieldExpiries(databases: number[]): Promise<string> {
    return joined(await this.#byDatabase(databases, 'hash', key => this.#hash(key)));
  }

  /** Names of libraries, and their code. */
  async functions(): Promise<{names: string; code: string; libraries: number}> {
    const libraries = ((await this.#ask('FUNCTION', 'LIST', 'WITHCODE')) as Reply[]).map(fieldsOf);
    const sum = (what: string) =>
      hex(libraries.reduce((all, library) => xor(all, sha1(library[what] as Buffer)), ZEROS));
    return {names: sum('library_name'), code: sum('library_code'), libraries: libraries.length};
  }

  async #byDatabase(
    databases: number[],
    type: string,
    chainsOf: (key: Buffer) => Promise<Uint8Array[]>,
  ): Promise<Map<number, Uint8Array[]>> {
    const all = new Map<number, Uint8Array[]>();
    for (const database of databases) {
      await this.#ask('SELECT', String(database));
      const chains: Uint8Array[] = [];
      for (const key of (await this.#ask('KEYS', '*')) as Buffer[]) {
        if (String(await this.#ask('TYPE', key)) === type) chains.push(...(await chainsOf(key)));
      }
      all.set(database, chains);
    }
    await this.#ask('SELECT', '0');
    return all;
  }

  async #stream(key: Buffer): Promise<Uint8Array[]> {
    const stream = fieldsOf(await this.#ask('XINFO', 'STREAM', key, 'FULL', 'COUNT', '0'));
    const added = stream['entries-added'] ?? stream.length;
    this.counts.streams++;
    const groups = (stream.groups as Reply[]).map(fieldsOf);
    return [
      chain('stream', key, stream['last-generated-id'] as Buffer, String(added)),
      ...groups.flatMap(group => this.#group(key, group)),
    ];
  }

  #group(key: Buffer, group: Record<string, Reply>): Uint8Array[] {
    const name = group.name as Buffer;
    const pending = group.pending as [Buffer, Buffer, number, number][];
    const consumers = (group.consumers as Reply[]).map(fieldsOf);
    this.counts.groups++;
    this.counts.pending += pending.length;
    this.counts.consumers += consumers.length;
    return [
      chain('group', key, name, group['last-delivered-id'] as Buffer),
      ...pending.map(([id, , time, count]) =>
        chain('pending', key, name, pendingBytes(String(id), time), String(count)),
      ),
      ...consumers.map(consumer => chain('consumer', key, name, consumer.name as Buffer)),
      ...pending.map(([id, owner]) => chain('owned', key, name, owner, rawId(String(id)))),
    ];
  }

  async #hash(key: Buffer): Promise<Uint8Array[]> {
    const fields = (await this.#ask('HKEYS', key)) as Buffer[];
    const asked = ['HPEXPIRETIME', key, 'FIELDS', String(fields.length), ...fields] as const;
    const times = (await this.#ask(...asked)) as number[];
    const expiring = fields.flatMap((field, i) => (times[i]! > 0 ? [{field, ms: times[i]!}] : []));
    this.counts.fields += expiring.length;
    return expiring.map(({field, ms}) => chain(key, field, String(ms)));
  }

  async #ask(command: string, ...args: (string | Buffer)[]): Promise<Reply> {
    return (await this.#redis.callBuffer(command, ...args)) as Reply;
  }
}
