import {expect, test} from '@jest/globals';
import {withoutCredentials} from '../../../src/source/redact.ts';

test.each([
  ['dial sftp://user:hunter2@host: no route', 'dial sftp://***@host: no route'],
  ['GET https://h/x?sig=hunter2: 403', 'GET https://h/x?***'],
  ['password=hunter2 is wrong', 'password=*** is wrong'],
  ['token hunter2', 'token ***'],
  [`key ${'Ab1/'.repeat(12)} refused`, 'key *** refused'],
  ['didn\'t find section in config file ("backups")', 'didn\'t find section in config file ("backups")'],
])('%s', (line, expected) => {
  expect(withoutCredentials(line)).toContain(expected);
  expect(withoutCredentials(line)).not.toContain('hunter2');
});

test('a long line is cut', () => {
  expect(withoutCredentials('no '.repeat(500)).length).toBeLessThan(210);
});
