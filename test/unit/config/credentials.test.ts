import {expect, test} from '@jest/globals';
import {credentialsIn, refuseCredentials} from '../../../src/config/credentials.ts';

test('the password of a URI, as it is written and as it is meant', () => {
  expect(credentialsIn('redis://backup:p%40ss@db.example:6379/0')).toEqual(['p%40ss', 'p@ss']);
  expect(credentialsIn('sftp://u:a:b@host/x')).toEqual(['a:b']);
});

test('a user without a password is a token', () => {
  expect(credentialsIn('https://ghp_abc@host/dump.rdb')).toEqual(['ghp_abc']);
});

test('a user of sftp is a name, with a password it is none', () => {
  expect(credentialsIn('sftp://backup@host/dump.rdb')).toEqual([]);
  expect(credentialsIn('sftp://backup:pw@host/dump.rdb')).toEqual(['pw']);
});

test('what signs a pre-signed URL, and in the middle of other text', () => {
  const s3 = 'https://b.example/dump.rdb?X-Amz-Credential=AKIA%2F1&X-Amz-Signature=deadbeef&X-Amz-Date=1';
  expect(credentialsIn(s3)).toEqual(['AKIA%2F1', 'deadbeef', 'AKIA/1']);
  expect(credentialsIn('a.source=https://h/x?sv=1&sig=abc%3D\nexpect.keys.min=1')).toEqual([
    'abc%3D',
    'abc=',
  ]);
});

test('nothing in paths, globs, images and plain URIs', () => {
  for (const text of ['/var/lib/redis/dump.rdb', 's3://bucket/a@b/*.rdb', 'redis:7.0@sha256:aa', ''])
    expect(credentialsIn(text)).toEqual([]);
});

test('broken escapes are no reason to stop', () => {
  expect(credentialsIn('https://u:%zz@h')).toEqual(['%zz']);
});

test('a password that should have been escaped is found whole', () => {
  expect(credentialsIn('s3://AKIA:ab/c+d@bucket/x')).toEqual(['ab/c+d']);
  expect(credentialsIn('redis://u:p@ss@host/0')[0]).toBe('p@ss');
  expect(credentialsIn('https://host:8080/a@b')).toEqual([]);
});

test('a password in what is taken for a path is one', () => {
  expect(credentialsIn('file:///user:SECRET@host/x')).toEqual(['SECRET']);
  expect(credentialsIn('file:/user:SECRET@host/x')).toEqual(['SECRET']);
  expect(credentialsIn('file:///backups@home/dump.rdb')).toEqual([]);
  expect(() => refuseCredentials({backup: 'file:///user:SECRET@host/x'})).toThrow(/^(?!.*SECRET).*backup$/);
});
