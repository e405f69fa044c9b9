import {describe, expect, test} from '@jest/globals';
import type {Reply} from '../../../src/redis/client.ts';
import {saveOn} from '../../../src/restore/save.ts';
import type {Ended} from '../../../src/restore/throwaway.ts';

const LOG = [
  '1:S 01 Jan 2025 00:00:00.000 # Write error saving DB on disk: No space left on device',
  "1:S 01 Jan 2025 00:00:00.001 * MASTER aborted replication with an error: key 'secret' failed",
];

type Case = {answer: Reply | Error; ended?: Ended; log?: string[]};

const saved = ({answer, ended, log = LOG.slice(0, 1)}: Case) => {
  const call = async (command: string): Promise<Reply> => {
    if (command !== 'SAVE') throw new Error(`not asked for: ${command}`);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return saveOn(
    {call, callIn: (_, command) => call(command), close: () => {}},
    {log: async () => log, ended: async () => ended ?? null},
  );
};

test('OK is all that is wanted', async () => {
  await saved({answer: 'OK'});
});

describe('a server that says that it could not', () => {
  test.each([
    [new Error('ERR')],
    [new Error('ERR something')],
    ['ERR'],
  ])('is a lack of room, with the reason from its log: %s', async answer => {
    await expect(saved({answer})).rejects.toMatchObject({
      code: 'capacity/disk',
      message: expect.stringContaining('No space left on device'),
    });
  });

  test('gives no name of a key away', async () => {
    await expect(saved({answer: 'ERR', log: LOG})).rejects.toMatchObject({
      message: expect.not.stringContaining('secret'),
    });
  });
});

test.each<Case>([
  {answer: new Error('Connection is closed.')},
  {answer: new Error('ERR'), ended: {exitCode: 139, outOfMemory: false}},
])('a server that does not answer, or is gone, is not reached: %o', async one => {
  await expect(saved(one)).rejects.toMatchObject({code: 'server/unreachable'});
});
