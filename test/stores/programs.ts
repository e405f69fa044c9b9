/** Servers as child processes on loopback: started, waited for by their port, ended by their id. */
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {connect, createServer} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';

/** Python takes its time on a machine that is busy. */
const READY_MS = 60_000;

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const {port} = server.address() as {port: number};
  server.close();
  await once(server, 'close');
  return port;
}

export async function startOnPort(
  program: string,
  args: string[],
  port: number,
  env: Record<string, string> = {},
): Promise<AsyncDisposable> {
  const child = spawn(program, args, {stdio: ['ignore', 'ignore', 'pipe'], env: {...process.env, ...env}});
  let said = '';
  child.stderr!.setEncoding('utf8').on('data', text => {
    said += text;
  });
  const until = performance.now() + READY_MS;
  while (!(await answers(port))) {
    if (child.exitCode === null && performance.now() < until) {
      await sleep(30);
      continue;
    }
    await end(child);
    throw new Error(`${program} does not listen on ${port}: ${said.slice(-500)}`);
  }
  return {[Symbol.asyncDispose]: () => end(child)};
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  // nginx takes its workers along only when it is asked to.
  child.kill('SIGTERM');
  const killing = setTimeout(() => child.kill('SIGKILL'), 2000);
  await ended;
  clearTimeout(killing);
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
