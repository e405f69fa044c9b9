import {describe, expect, test} from '@jest/globals';
import {choosePrefixes} from '../../../../src/inspect/groups/choose-prefixes.ts';
import {PrefixCounts} from '../../../../src/inspect/groups/prefix-counts.ts';

/** Names, how many of each (`#` counts them), and the bytes of one. */
type Kind = [name: string, keys: number, bytes?: number];

function counted(...kinds: Kind[]): PrefixCounts {
  const counts = new PrefixCounts();
  for (const [name, keys, bytes = 50] of kinds) {
    for (let n = 0; n < keys; n++) {
      const key = Buffer.from(name.replace('#', String(n)), 'latin1');
      counts.of(key, 0, key.length);
      counts.sized(bytes);
    }
  }
  return counts;
}

const chosen = (...kinds: Kind[]) => choosePrefixes(counted(...kinds));

describe('prefixes are chosen that many keys share', () => {
  test('by keys and by bytes', () => {
    expect(chosen(['user:#', 5000], ['page:#', 20, 100_000], ['rare:#', 12])).toEqual(['page:*', 'user:*']);
  });

  test('up to a colon, a slash or a bar', () => {
    expect(chosen(['a:#', 50], ['b/#', 50], ['c|#', 50], ['d-#', 50], ['e.#', 50])).toEqual([
      'a:*',
      'b/*',
      'c|*',
    ]);
  });

  test('eight by each at most', () => {
    const kinds = [...'abcdefghijkl'].map((name, n): Kind => [`${name}:#`, 100 + n, 1000 - 10 * n]);
    expect(chosen(...kinds)).toHaveLength(12);
    expect(chosen(...kinds.map(([name, keys]): Kind => [name, keys]))).toHaveLength(8);
  });

  test('one that holds everything is looked into, three levels deep', () => {
    expect(chosen(['app:user:#', 500], ['app:cart:#', 500])).toEqual(['app:cart:*', 'app:user:*']);
    expect(chosen(['app:eu:user:#:x', 500], ['app:eu:cart:#', 480], ['other', 20])).toEqual([
      'app:*',
      'app:eu:*',
      'app:eu:cart:*',
      'app:eu:user:*',
    ]);
    expect(chosen(['user:#', 500])).toEqual(['user:*']);
  });

  test('a name that begins with a separator, or with one of Redis’ own signs', () => {
    expect(chosen([':v1:page:#', 100], ['_kombu:#', 100])).toEqual([':*', ':v1:*', ':v1:page:*', '_kombu:*']);
  });

  test('none of a dump without keys', () => {
    expect(chosen()).toEqual([]);
  });
});

describe('what looks like an identifier is no prefix', () => {
  test.each([
    ['a number', '#:cart'],
    ['a mail address', 'ada@example.org:session:#'],
    ['a UUID', '3f9a12bc-77de-4b1c-9e00-1234567890ab:part:#'],
    ['a hash', 'deadbeef00112233:part:#'],
    ['many digits', 'user2024:part:#'],
    ['a hash tag', '{user}:part:#'],
    ['a long text', `${'x'.repeat(33)}:part:#`],
    ['bytes that are no letters', 'caf\xe9:part:#'],
  ])('%s', (_what, name) => {
    expect(chosen([name, 500], ['ok:#', 500])).toEqual(['ok:*']);
  });

  test('a name below a kind, of which there are many', () => {
    const people: Kind[] = Array.from({length: 80}, (_, n) => [`user:${letters(n)}:#`, 50]);
    expect(chosen(...people)).toEqual(['user:*']);
    // Nor one that has more than the others.
    expect(chosen(...people, ['user:ada:#', 200])).toEqual(['user:*']);
  });

  test('names at the very beginning, of which there are many, even where some hold more', () => {
    const people: Kind[] = Array.from({length: 500}, (_, n) => [`${letters(n)}:#`, 10]);
    expect(chosen(...people, ['ada:#', 200], ['session:#', 5000])).toEqual(['session:*']);
  });

  test('what few keys share', () => {
    expect(chosen(['config:#', 9], ['flag:#', 10])).toEqual(['flag:*']);
  });
});

/** `aa`, `ab`, … */
const letters = (n: number) =>
  String.fromCharCode(97 + (Math.floor(n / 26) % 26), 97 + (n % 26), 97 + Math.floor(n / 676));

test('more prefixes than have room: the large ones are found all the same, and memory stays', () => {
  const counts = new PrefixCounts();
  for (let n = 0; n < 200_000; n++) {
    const text = n % 10 === 0 ? `session:${n}` : `${letters(n % 17_576)}${letters(Math.floor(n / 26))}:x`;
    const key = Buffer.from(text);
    counts.of(key, 0, key.length);
    counts.sized(n % 10 === 0 ? 10 : 100);
  }
  expect(counts.prefixes.size).toBeLessThanOrEqual(8192);
  expect(choosePrefixes(counts)).toEqual(['session:*']);
});
