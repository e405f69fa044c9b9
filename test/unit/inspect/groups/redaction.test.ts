import {createHash} from 'node:crypto';
import {describe, expect, test} from '@jest/globals';
import {isRedacted, RedactedPrefixes, redacted} from '../../../../src/inspect/groups/redaction.ts';

const hash = (text: string) => `#${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;

describe('a prefix is shown by the hashes of its segments', () => {
  test.each([
    ['user:*', `${hash('user')}:*`],
    ['app:user:*', `${hash('app')}:${hash('user')}:*`],
    ['a/b|*', `${hash('a')}/${hash('b')}|*`],
    [':v1:*', `${hash('')}:${hash('v1')}:*`],
  ])('%s', (pattern, expected) => {
    expect(redacted(pattern)).toBe(expected);
    expect(isRedacted(expected)).toBe(true);
    expect(redacted(expected)).toBe(expected);
  });

  test.each([
    'user*',
    'user:',
    '*:user:*',
    'us?r:*',
    '*',
    'user:[1-3]:*',
    'us\\er:*',
  ])('%s could not be found again', pattern => {
    expect(redacted(pattern)).toBeNull();
  });
});

describe('and found again in a dump', () => {
  const found = (patterns: string[], ...names: string[]) => {
    const sorter = new RedactedPrefixes(patterns.map(pattern => redacted(pattern)!));
    for (const name of names) {
      const bytes = Buffer.from(`..${name}..`);
      sorter.of(bytes, 2, bytes.length - 4);
    }
    return patterns.map(pattern => sorter.found.get(redacted(pattern)!) ?? null);
  };

  test('at its level, and only there', () => {
    const names = ['user:1', 'app:user:1', 'cart:user', 'session'];
    expect(found(['user:*', 'app:user:*', 'cart:user:*', 'session:*'], ...names)).toEqual([
      'user:*',
      'app:user:*',
      null,
      null,
    ]);
  });

  test('as a pattern that means these bytes and no others', () => {
    const tricky = `${hash('a*[b]?\\')}:*`;
    const sorter = new RedactedPrefixes([tricky]);
    const name = Buffer.from('a*[b]?\\:1');
    sorter.of(name, 0, name.length);
    expect(sorter.found.get(tricky)).toBe('a\\*\\[b]\\?\\\\:*');
  });

  test('in a name that comes in pieces', () => {
    const sorter = new RedactedPrefixes([redacted('user:*')!]);
    sorter.start();
    sorter.feed(Buffer.from('user:aaa'), 0, 8);
    sorter.feed(Buffer.from('cart:bbb'), 0, 8);
    sorter.end();
    expect([...sorter.found.values()]).toEqual(['user:*']);
  });
});
