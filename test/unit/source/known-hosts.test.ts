import {createHmac} from 'node:crypto';
import {describe, expect, test} from '@jest/globals';
import {hostKeyAlgorithms, knownKeys, verdictOn} from '../../../src/source/known-hosts.ts';

const A = Buffer.from('key a');
const B = Buffer.from('key b');
const line = (names: string, key = A, type = 'ssh-ed25519') =>
  `${names} ${type} ${key.toString('base64')} comment\n`;
const verdict = (text: string, host = 'backup.example', port = 22, shown = A) =>
  verdictOn(shown, knownKeys(text, host, port));

describe('a host is known', () => {
  test.each([
    ['by its name', 'backup.example', 22],
    ['by one of several', 'other,backup.example,10.0.0.1', 22],
    ['by a pattern', '*.example', 22],
    ['by a pattern with one letter', 'backu?.example', 22],
    ['in capitals', 'Backup.Example', 22],
    ['at another port', '[backup.example]:2222', 2222],
  ])('%s', (_how, names, port) => {
    expect(verdict(line(names), 'backup.example', port)).toBe('known');
  });

  test('by the hash of its name', () => {
    const salt = Buffer.from('salt of twenty bytes');
    const hash = createHmac('sha1', salt).update('backup.example').digest('base64');
    expect(verdict(line(`|1|${salt.toString('base64')}|${hash}`))).toBe('known');
    expect(verdict(line(`|1|${salt.toString('base64')}|${hash}`), 'other.example')).toBe('unknown');
  });

  test('by one of several keys', () => {
    expect(verdict(line('backup.example', B, 'ssh-rsa') + line('backup.example'))).toBe('known');
  });
});

describe('a host is not known', () => {
  test.each([
    ['by another name', line('other.example')],
    ['by a name that it is the end of', line('example')],
    ['by its name at another port', line('[backup.example]:2222')],
    ['by a pattern that leaves it out', line('*.example,!backup.example')],
    ['by a comment', `# ${line('backup.example')}`],
    ['by the key of an authority, which nothing here looks at', `@cert-authority ${line('*')}`],
    ['by nothing at all', ''],
  ])('%s', (_how, text) => {
    expect(verdict(text)).toBe('unknown');
  });
});

test('another key than the known one is another host', () => {
  expect(verdict(line('backup.example', B))).toBe('other');
});

test('a revoked key counts for nothing, wherever else it stands', () => {
  expect(verdict(`${line('*')}@revoked ${line('*')}`)).toBe('revoked');
});

test('a host is asked for a key of a type that is known', () => {
  const text = line('h', A, 'ssh-rsa') + line('h', B, 'ssh-ed25519') + line('h', B, 'ssh-ed25519');
  expect(hostKeyAlgorithms(knownKeys(text, 'h', 22))).toEqual([
    'rsa-sha2-512',
    'rsa-sha2-256',
    'ssh-rsa',
    'ssh-ed25519',
  ]);
});
