/**
 * Questions to a server through the CLI inside its own container, some 0.1 s each: the way that works wherever the
 * engine does. From 7.0 on the CLI answers in JSON; 6.0 answers in plain text, which is enough for what it is asked.
 */
import type {Reply, ServerClient} from '../redis/client.ts';
import type {Executed} from './container-exec.ts';

type Exec = (command: string[]) => Promise<Executed>;

/** The CLI prints these replies as they are, whatever format it was asked for (cliSendCommand, output_raw). */
const ALWAYS_TEXT = new Set(['INFO']);
const PROGRAMS = ['redis-cli', 'valkey-cli', 'redict-cli'];
/** What engines answer when the program is not in the image. */
const NOT_FOUND = /executable file not found|no such file or directory/i;

/** Throws until the server answers: its socket may not be there yet. */
export async function connectByExec(exec: Exec, socket: string): Promise<ServerClient> {
  const {program, json} = await findCli(exec);
  const ask = async (options: string[], [command, ...args]: string[]): Promise<Reply> => {
    const asJson = json && !ALWAYS_TEXT.has(command!);
    const {exitCode, stdout, stderr} = await exec([
      program,
      '-s',
      socket,
      ...(asJson ? ['--json'] : []),
      ...options,
      command!,
      ...args,
    ]);
    if (exitCode !== 0) throw new Error((stderr || stdout).trim());
    return asJson ? parseReply(stdout) : parseText(stdout);
  };
  const call = (...command: string[]): Promise<Reply> => ask([], command);
  await call('INFO');
  return {
    call,
    callIn: (database, ...command) => {
      const texts = command.map(part => Buffer.from(part).toString());
      const options = ['-n', String(database)];
      return texts.every(text => PLAIN.test(text))
        ? ask(options, texts)
        : ask([...options, '--quoted-input'], command.map(quoted));
    },
    close: () => {},
  };
}

/** What nobody on the way to the server takes for anything else. Other keys need a CLI of 6.2 or later. */
const PLAIN = /^[\w:.{}@#/-]+$/;

/** In quotes, as --quoted-input reads it (sdssplitargs): any bytes, written in ASCII. */
function quoted(text: string | Uint8Array): string {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  return `"${Array.from(bytes, byte => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`;
}

type Cli = {program: string; json: boolean};

async function findCli(exec: Exec): Promise<Cli> {
  let complaint = '';
  for (const program of PROGRAMS) {
    const {exitCode, stdout, stderr} = await exec([program, '--version']);
    if (exitCode !== 0 || NOT_FOUND.test(stdout + stderr)) {
      complaint = (stderr || stdout).trim();
      continue;
    }
    const major = Number(/(\d+)\.\d+/.exec(stdout)?.[1]);
    return {program, json: major >= 7};
  }
  throw new Error(`the image has none of ${PROGRAMS.join(', ')} (${complaint})`);
}

function parseReply(stdout: string): Reply {
  const reply = JSON.parse(stdout) as Reply | {error: string};
  if (reply !== null && typeof reply === 'object' && 'error' in reply) throw new Error(reply.error);
  return reply;
}

/** Error replies are printed like any other, without quotes: `LOADING …`, `ERR …`, `NOAUTH …`. */
function parseText(stdout: string): string {
  const text = stdout.replace(/\n$/, '');
  if (/^[A-Z]{3,} [^\n]*$/.test(text)) throw new Error(text);
  return text;
}
