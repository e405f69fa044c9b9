/**
 * How an engine is asked: no answer is waited for without a limit, none when the drill is cancelled, and whatever goes
 * wrong with it is an error that says so, never a verdict on the backup.
 */
import {DrillError, unlessAborted} from '../errors.ts';

/** Most questions take milliseconds, on a busy machine seconds. */
const ANSWER_MS = 60_000;

/** Throws DrillError: `server/unreachable` with what the engine said, if anything, as its cause; or `cancelled`. */
export async function soon<T>(work: Promise<T>, signal?: AbortSignal, limitMs = ANSWER_MS): Promise<T> {
  const {promise: late, reject} = Promise.withResolvers<never>();
  const giveUp = () =>
    reject(
      new DrillError(
        'server/unreachable',
        `the container engine has not answered for ${Math.round(limitMs / 1000)} s`,
        {hint: 'Is its machine overloaded, or its disk stuck? Look at the log of the engine.'},
      ),
    );
  const timer = setTimeout(giveUp, limitMs);
  try {
    return await unlessAborted(Promise.race([work.catch(explain), late]), signal);
  } finally {
    clearTimeout(timer);
  }
}

/** An answer has a status; without one there was none. */
function explain(error: unknown): never {
  if (error instanceof DrillError) throw error;
  const {statusCode, code, message} = error as {statusCode?: number; code?: string; message?: string};
  const words = String(message).split('\n')[0]!.slice(0, 300);
  throw new DrillError(
    'server/unreachable',
    statusCode === undefined
      ? `the container engine went away (${code ?? words})`
      : `the container engine answered: ${words}`,
    {hint: 'Was it stopped? Look at the log of the engine, and drill again.', cause: error},
  );
}
