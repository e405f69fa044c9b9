/**
 * Git, as a history on a branch needs it: in the repository of the working directory, whose log-in and remote it has. Run
 * by argv, without hooks, without a question to anybody and with messages in English. What it prints may hold addresses with
 * credentials, and is never repeated.
 */
import {DrillError} from '../errors.ts';
import {filter} from '../process.ts';

export type GitDeps = {
  /** Of the process: git finds its settings and log-ins by it. */
  environment: Record<string, string>;
  signal?: AbortSignal | undefined;
};

export type GitEnded = {exitCode: number | null; out: Buffer; said: string};

/** As far as a listing or a batch of records goes. */
const MAX_BYTES = 256 * 1024 ** 2;

/** Nobody's hooks: they may ask, print or refuse. Not by the environment, where the job's own settings may be. */
const WITHOUT_HOOKS = ['-c', 'core.hooksPath=/dev/null'];

const ENVIRONMENT = {
  LC_ALL: 'C',
  GIT_TERMINAL_PROMPT: '0',
  GIT_AUTHOR_NAME: 'restore-drill',
  GIT_AUTHOR_EMAIL: 'restore-drill@localhost',
  GIT_COMMITTER_NAME: 'restore-drill',
  GIT_COMMITTER_EMAIL: 'restore-drill@localhost',
};

export class Git {
  readonly #deps: GitDeps;
  readonly #place: string;

  /** `place`: for messages. */
  constructor(place: string, deps: GitDeps) {
    this.#place = place;
    this.#deps = deps;
  }

  /** Any exit code is a value. Throws `history/unavailable` where there is no git, or it prints without end. */
  async run(args: string[], {input = '', env = {}}: {input?: string; env?: Record<string, string>} = {}) {
    const {environment, signal} = this.#deps;
    const running = filter('git', [...WITHOUT_HOOKS, ...args], {
      input: input === '' ? none() : once(Buffer.from(input)),
      env: {...environment, ...ENVIRONMENT, ...env},
      signal,
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    try {
      for (;;) {
        const {done, value} = await running.next();
        if (done) return {exitCode: value.exitCode, out: Buffer.concat(chunks), said: value.stderr};
        bytes += value.length;
        if (bytes > MAX_BYTES) throw this.unavailable('git prints far more than a history has');
        chunks.push(value);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      throw this.unavailable('git is not on the PATH', error);
    } finally {
      await running.return({exitCode: null, stderr: '', status: ''});
    }
  }

  /** What it prints; throws where it fails. */
  async ask(args: string[], options: {input?: string; env?: Record<string, string>} = {}): Promise<string> {
    const ended = await this.run(args, options);
    if (ended.exitCode !== 0) throw this.failed(args, ended);
    return ended.out.toString('utf8').trimEnd();
  }

  failed(args: string[], {exitCode, said}: Pick<GitEnded, 'exitCode' | 'said'>): DrillError {
    const [known] = KNOWN.find(([, pattern]) => pattern.test(said)) ?? [];
    return this.unavailable(known ?? `git ${args[0]} ended with ${exitCode ?? 'a signal'}`);
  }

  unavailable(why: string, cause?: unknown): DrillError {
    return new DrillError('history/unavailable', `the history ${this.#place} cannot be reached: ${why}`, {
      hint: 'Is the working directory a clone whose remote `origin` this job may push to? In a workflow: actions/checkout before, and `permissions: contents: write`.',
      cause,
    });
  }
}

/** What is wrong, by what git says of it. */
const KNOWN: [string, RegExp][] = [
  [
    'here is no git repository with a remote `origin`',
    /not a git repository|'origin' does not appear to be a git repository|No such remote/i,
  ],
  ['git does not trust the owner of the working directory (safe.directory)', /dubious ownership/i],
  [
    'no log-in, or one that may not',
    /Authentication failed|could not read (Username|Password)|Permission .*denied|\b403\b|terminal prompts disabled/i,
  ],
  [
    'the remote does not answer',
    /Could not resolve host|unable to access|Connection (refused|timed out|reset)/i,
  ],
];

async function* none(): AsyncGenerator<Buffer> {}

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}
