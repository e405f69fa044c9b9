/**
 * The programs that decrypt what no package should: gpg and openssl. They get an environment of their own and secrets
 * through a pipe; of what they say only known words are believed, and nothing is repeated.
 */
import {DrillError} from '../errors.ts';
import {type Filtered, filter} from '../process.ts';

export type Tools = {
  /** PATH. */
  searchPath: string;
  env: (name: string) => string | undefined;
};

type Call = {
  input: AsyncIterable<Uint8Array>;
  secret?: string | undefined /** Variables to pass on. */;
  pass?: string[];
};

export async function* callTool(
  program: 'gpg' | 'gpgconf' | 'openssl',
  args: string[],
  {input, secret, pass = []}: Call,
  {searchPath, env}: Tools,
): AsyncGenerator<Buffer, Filtered> {
  const passed = pass.flatMap(name => {
    const value = env(name);
    return value === undefined ? [] : [[name, value]];
  });
  try {
    return yield* filter(program, args, {
      input,
      secret,
      env: {PATH: searchPath, LC_ALL: 'C', ...Object.fromEntries(passed)},
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new DrillError(
      'unpack/program-missing',
      `this backup takes the program ${program}, which is not on the PATH`,
      {
        hint: `Install ${program} in an earlier step.`,
        cause: error,
      },
    );
  }
}

/** Where what the program writes does not matter. */
export async function callToEnd(...call: Parameters<typeof callTool>): Promise<Filtered> {
  const running = callTool(...call);
  for (;;) {
    const {done, value} = await running.next();
    if (done) return value;
  }
}
