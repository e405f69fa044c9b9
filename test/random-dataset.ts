/**
 * Datasets for a real server: commands drawn from a seed, with every type, with encodings forced to both sides of every
 * threshold, and with the values that are easily digested wrongly. The same seed gives the same commands.
 */

// Under jest a global is looked up anew, and slowly, each time.
const {floor, imul, min} = Math;
const buffer = Buffer;

export type Command = [name: string, ...args: (string | Buffer)[]];

/**
 * What a test draws is the same in every run, so that no change is red for what another run would have found as well.
 * Who looks for more names other seeds: `DIGEST_SEED=$RANDOM npm test -- test/contract/digest`.
 */
export const seedOf = (variable: string): number => Number(process.env[variable] ?? 1);

/** mulberry32: small, seeded, good enough. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = imul(state ^ (state >>> 15), 1 | state);
    x = (x + imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** At the edges of every integer encoding of strings, intsets, ziplists and listpacks. */
const INTEGERS = [
  ...['0', '-1', '12', '13', '63', '127', '128', '-128', '-129', '255', '4095', '-4096', '4096', '-4097'],
  ...['32767', '-32768', '32768', '8388607', '-8388608', '8388608', '-8388609', '2147483647', '-2147483648'],
  ...['2147483648', '-2147483649', '9007199254740993', '9223372036854775807', '-9223372036854775808'],
  // Not integers to a server, however much they look like it.
  ...['9223372036854775808', '-0', '00', '+1', ' 1', '1 ', '1.0', '1e3', '-', ''],
];

const SCORES = [
  ...['inf', '-inf', '0', '-0', '1', '-1', '0.1', '-0.1', '1e-7', '1e-6', '123456.789', '1e7', '1e8', '3e8'],
  ...['1e20', '1e21', '1e22', '1e23', '1e300', '-1e300', '5e-324', '2.2250738585072014e-308', '1e-310'],
  ...[
    '1.7976931348623157e308',
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '4503599627370497.5',
  ],
  ...[
    '99999999',
    '100000000',
    '1700000000000',
    '1700000000123',
    '0.30000000000000004',
    '1125899906842624.25',
    '1125899906842624.75',
    '1125899906842625.25',
  ],
];

export class RandomDataset {
  readonly #random: () => number;
  readonly #commands: Command[] = [];
  #keys = 0;

  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  /** Thresholds of encodings, by the names of Redis 6 or of all later servers. */
  settings(old: boolean): Command[] {
    const packed = old ? 'ziplist' : 'listpack';
    const set = (name: string, ...values: number[]): Command => [
      'CONFIG',
      'SET',
      name,
      String(this.pick(values)),
    ];
    return [
      set(`hash-max-${packed}-entries`, 0, 8, 512),
      set(`hash-max-${packed}-value`, 8, 64, 20_000),
      set(`zset-max-${packed}-entries`, 0, 8, 128),
      set(`zset-max-${packed}-value`, 8, 64, 20_000),
      set(`list-max-${packed}-size`, 1, 3, -1, -2, -5),
      set('list-compress-depth', 0, 1),
      set('set-max-intset-entries', 0, 4, 512),
      set('stream-node-max-entries', 1, 3, 100),
      ['CONFIG', 'SET', 'rdbcompression', this.pick(['yes', 'no'])],
    ];
  }

  /** As a drill's own server has them. */
  static defaults(old: boolean): Command[] {
    const packed = old ? 'ziplist' : 'listpack';
    return [
      ['CONFIG', 'SET', `zset-max-${packed}-entries`, '128'],
      ['CONFIG', 'SET', `zset-max-${packed}-value`, '64'],
    ];
  }

  commands({fieldTtls}: {fieldTtls: boolean}): Command[] {
    for (const database of [0, 1, this.below(16)].slice(0, 1 + this.below(3))) {
      this.#commands.push(['SELECT', String(database)]);
      for (let left = 1 + this.below(12); left > 0; left--) this.#key(fieldTtls);
    }
    return this.#commands;
  }

  below(limit: number): number {
    return floor(this.#random() * limit);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  #key(fieldTtls: boolean): void {
    const key = buffer.concat([buffer.from(`${this.#keys++}:`), this.#value(40)]);
    const makers = [this.#string, this.#list, this.#set, this.#zset, this.#hash, this.#stream];
    this.pick(makers).call(this, key);
    if (this.below(3) === 0)
      this.#commands.push(['PEXPIRE', key, String(10_000_000 + this.below(1_000_000))]);
    const last = this.#commands.at(-1)!;
    if (fieldTtls && last[0] === 'HSET' && this.below(2) === 0) {
      const fields = last.slice(2).filter((_, i) => i % 2 === 0 && this.below(2) === 0);
      if (fields.length > 0) {
        this.#commands.push(['HEXPIRE', key, '9999', 'FIELDS', String(fields.length), ...fields]);
      }
    }
  }

  /** Bytes of any kind: numbers, text that compresses, noise. */
  #value(maxBytes: number): Buffer {
    const kind = this.below(6);
    if (kind <= 1) return buffer.from(this.pick(INTEGERS));
    if (kind === 2) return buffer.from(String(floor((this.#random() - 0.5) * 2 ** (1 + this.below(52)))));
    const length = this.below(this.below(4) === 0 ? maxBytes : min(maxBytes, 70));
    if (kind === 3) return buffer.alloc(length, this.pick(['a', 'abc', '\0', 'x'.repeat(30)]));
    return buffer.from(Array.from({length}, () => this.below(kind === 4 ? 256 : 4)));
  }

  #size(): number {
    return 1 + this.below(this.pick([1, 3, 10, 130, 600]));
  }

  #values(maxBytes: number): Buffer[] {
    return Array.from({length: this.#size()}, () => this.#value(maxBytes));
  }

  #score(): string {
    const kind = this.below(4);
    if (kind === 0) return this.pick(SCORES);
    return kind === 1 ? String(this.below(1_000_000)) : this.anyScore();
  }

  /** Of a likely size, or of any bits. */
  anyScore(): string {
    if (this.below(2) === 0) return String((this.#random() - 0.5) * 10 ** this.below(20));
    const bits = new DataView(new ArrayBuffer(8));
    for (let i = 0; i < 8; i++) bits.setUint8(i, this.below(256));
    const score = bits.getFloat64(0);
    return Number.isFinite(score) ? String(score) : '0.5';
  }

  #string(key: Buffer): void {
    const lengths = [70, 20_000, 300_000];
    this.#commands.push(['SET', key, this.#value(this.pick(lengths))]);
  }

  #list(key: Buffer): void {
    this.#commands.push(['RPUSH', key, ...this.#values(this.pick([70, 17_000]))]);
  }

  #set(key: Buffer): void {
    const members = this.below(2) === 0 ? this.#values(70) : this.#integers();
    this.#commands.push(['SADD', key, ...members]);
  }

  #integers(): string[] {
    const limit = this.pick([100, 40_000, 2 ** 33]);
    return Array.from({length: this.#size()}, () => String(this.below(limit) - limit / 2));
  }

  #zset(key: Buffer): void {
    const pairs = this.#values(70).flatMap(member => [this.#score(), member]);
    this.#commands.push(['ZADD', key, ...pairs]);
    // A sorted set that was large stays as it is when it is small again.
    if (this.below(4) === 0) this.#commands.push(['ZREMRANGEBYRANK', key, '3', '-3']);
  }

  #hash(key: Buffer): void {
    const fields = this.#values(70).flatMap(field => [field, this.#value(this.pick([70, 17_000]))]);
    this.#commands.push(['HSET', key, ...fields]);
  }

  #stream(key: Buffer): void {
    const fields = this.#values(20).slice(0, 5);
    const ids: string[] = [];
    for (let i = this.#size(); i > 0; i--) {
      const id = `${this.pick([1, 1700000000000])}${this.below(2) === 0 ? '' : '0'}${1000 - i}-${this.below(5)}`;
      const own = this.below(3) === 0 ? this.#values(20).slice(0, 3) : fields;
      this.#commands.push([
        'XADD',
        key,
        ids.length === 0 ? id : '*',
        ...own.flatMap(f => [f, this.#value(70)]),
      ]);
      ids.push(id);
      if (ids.length > 30) break;
    }
    if (this.below(2) === 0) this.#commands.push(['XDEL', key, ids[0]!]);
    if (this.below(3) === 0) this.#commands.push(['XGROUP', 'CREATE', key, 'group', '0']);
  }
}
