/**
 * A group holds the keys that KEYS answers for its pattern: on every server at hand, for patterns and names drawn at
 * random from the bytes that mean something to either. `GLOB_SEED=n` draws others.
 */
import {describe, expect, test} from '@jest/globals';
import {PatternSet} from '../../src/inspect/groups/pattern-set.ts';
import {LiveRedis} from '../live-redis.ts';
import {randomFrom, seedOf} from '../random-dataset.ts';
import {binaries, skipMissing} from '../servers.ts';

const firstSeed = seedOf('GLOB_SEED');
const NAMES = 400;
const PATTERNS = 1500;

skipMissing('patterns against real servers');

/** Twice what matters, once what does not. */
const ALPHABET = [...'**??[[]]^^--\\\\abcABC', 'é', '\0', '\n', '\x7f', '€'];
const OTHER_BYTES = [0x80, 0xc3, 0xa9, 0xe2, 0xff, 0x00];

/** Patterns are text, as a config is; names are any bytes. */
class Drawn {
  readonly #random: () => number;
  constructor(seed: number) {
    this.#random = randomFrom(seed);
  }

  pattern(): string {
    return Array.from({length: 1 + this.#below(9)}, () => this.#pick(ALPHABET)).join('');
  }

  name(): Buffer {
    const part = () =>
      this.#below(5) === 0 ? Buffer.from([this.#pick(OTHER_BYTES)]) : Buffer.from(this.#pick(ALPHABET));
    return Buffer.concat(Array.from({length: this.#below(8)}, part));
  }

  #below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  #pick<T>(items: readonly T[]): T {
    return items[this.#below(items.length)]!;
  }
}

/** Names that a pattern of this set matches, by pattern. */
function matched(patterns: string[], names: Buffer[]): string[][] {
  const set = new PatternSet(patterns);
  const found: string[][] = patterns.map(() => []);
  for (const name of names) {
    for (const index of set.combinations[set.of(name, 0, name.length)]!)
      found[index]!.push(name.toString('hex'));
  }
  return found;
}

describe.each(binaries)('%s', (_, {product, version, path}) => {
  const debug = product !== 'redis' || Number(version.split('.')[0]) >= 7;

  test(`${PATTERNS} patterns over ${NAMES} names from seed ${firstSeed}`, async () => {
    await using server = await LiveRedis.start([], {binary: path, debug});
    const drawn = new Drawn(firstSeed);
    const names = [
      ...new Map(
        Array.from({length: NAMES}, () => drawn.name()).map(name => [name.toString('hex'), name]),
      ).values(),
    ];
    for (const name of names) await server.redis.set(name, '');
    const patterns = Array.from({length: PATTERNS}, () => drawn.pattern());
    const answers = await Promise.all(patterns.map(pattern => server.redis.keysBuffer(pattern)));
    // Several at a time, so that they share an automaton.
    for (let first = 0; first < patterns.length; first += 10) {
      const some = patterns.slice(first, first + 10);
      const ours = matched(some, names);
      for (const [index, pattern] of some.entries()) {
        const theirs = answers[first + index]!.map(name => name.toString('hex'));
        expect({seed: firstSeed, pattern, keys: ours[index]!.toSorted()}).toEqual({
          seed: firstSeed,
          pattern,
          keys: theirs.toSorted(),
        });
      }
    }
  });
});
