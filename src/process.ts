/**
 * Running other programs to their end: argv arrays only, never a shell, output bounded. Long-lived servers are
 * restore's own business (local-process.ts), because they must be killed by their process id.
 */
import {getExecOutput} from '@actions/exec';

/** Enough for any version banner or error text; more is cut. */
const MAX_OUTPUT_CHARS = 64 * 1024;

export type Ended = {exitCode: number; stdout: string; stderr: string};

/** Throws when the program cannot be started; any exit code is a value. */
export async function runToEnd(program: string, args: string[]): Promise<Ended> {
  // @actions/exec splits its first argument at spaces unless it is quoted.
  const {exitCode, stdout, stderr} = await getExecOutput(`"${program}"`, args, {
    silent: true,
    ignoreReturnCode: true,
  });
  return {exitCode, stdout: stdout.slice(0, MAX_OUTPUT_CHARS), stderr: stderr.slice(0, MAX_OUTPUT_CHARS)};
}
