/**
 * One command inside a running container, through the engine, with an end: testcontainers' own exec cannot be given up,
 * and an engine (podman) may leave the line open for ever when the container has ended meanwhile.
 */
import {once} from 'node:events';
import {PassThrough} from 'node:stream';

export type Executed = {exitCode: number; stdout: string; stderr: string};

/** What is used of dockerode. */
export type Executing = {
  exec(options: object): Promise<{
    start(options: object): Promise<NodeJS.ReadableStream>;
    inspect(options: object): Promise<{ExitCode: number | null}>;
  }>;
  modem: {demuxStream(from: NodeJS.ReadableStream, stdout: PassThrough, stderr: PassThrough): void};
};

/** Rejects when `signal` is aborted; the command may go on in the container. */
export async function execIn(
  container: Executing,
  command: string[],
  abortSignal: AbortSignal,
): Promise<Executed> {
  const exec = await container.exec({
    Cmd: command,
    AttachStdout: true,
    AttachStderr: true,
    // The image's own may be a volume that is not there, or not open to the server's user.
    WorkingDir: '/',
    abortSignal,
  });
  const stream = await exec.start({Detach: false, Tty: false, abortSignal});
  const [stdout, stderr] = [collected(), collected()];
  container.modem.demuxStream(stream, stdout.stream, stderr.stream);
  // An aborted stream closes without an end; `once` is told by the signal.
  await once(stream, 'end', {signal: abortSignal});
  const {ExitCode} = await exec.inspect({abortSignal});
  return {exitCode: ExitCode ?? -1, stdout: stdout.text(), stderr: stderr.text()};
}

/** Our questions have short answers. */
function collected(): {stream: PassThrough; text(): string} {
  const chunks: Buffer[] = [];
  const stream = new PassThrough();
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return {stream, text: () => Buffer.concat(chunks).toString('utf8')};
}
