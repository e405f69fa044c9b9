/**
 * SAVE on a throwaway server: it writes what it holds, and our reader gets to read that. A frozen server saves keys whose
 * time has passed like any others. What it writes lies in the private directory of the drill and is removed with it.
 */
import {DrillError} from '../errors.ts';
import type {ServerClient} from '../redis/client.ts';
import {lastComplaint} from '../redis/load-log.ts';
import type {Throwaway} from './throwaway.ts';

/** Throws DrillError `capacity/disk` where the server says that it could not, `server/unreachable` where it says nothing. */
export async function saveOn(client: ServerClient, server: Pick<Throwaway, 'log' | 'ended'>): Promise<void> {
  const answer = await client.call('SAVE').catch((error: Error) => error);
  if (answer === 'OK') return;
  // `-ERR`, with or without words, which the CLI of 6.0 prints like any reply; the reason is in the log.
  const refused = /^ERR\b/.test(answer instanceof Error ? answer.message : String(answer));
  if (refused && !(await server.ended())) {
    const why = lastComplaint(await server.log()) ?? 'it did not say why';
    throw new DrillError('capacity/disk', `the restored server could not SAVE what it holds: ${why}`, {
      hint: 'SAVE takes as much room as the dump, in TMPDIR (RUNNER_TEMP on GitHub) or in the container.',
    });
  }
  throw new DrillError('server/unreachable', 'the restored server did not answer SAVE', {
    hint: 'Was it killed, or is the machine out of memory?',
    cause: answer,
  });
}
