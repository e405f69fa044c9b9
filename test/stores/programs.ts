/** Servers as child processes on loopback: started, waited for by their port, ended by their id. */
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {connect, createServer} from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';

/** Python and Azurite take their time on a machine that is busy. */
const READY_MS = 300_000;

/**
 * Below the ports that the system gives to who asks for any (ip_local_port_range), so that nobody is given one between our
 * look at it and its use; each worker of jest has its own. With 10,000 added they are as free, for buses of clusters.
 */
const FIRST_PORT = 12_000;
const PORTS_PER_WORKER = 1000;
const WORKERS = 8;
let nextPort = (process.pid + Math.floor(performance.timeOrigin)) % PORTS_PER_WORKER;

/** Where nobody listens, nor `beside` it. */
export async function freePort(beside: number[] = []): Promise<number> {
  const worker = Number(process.env.JEST_WORKER_ID ?? 0) % WORKERS;
  for (let tries = 0; tries < PORTS_PER_WORKER; tries += 1) {
    const port = FIRST_PORT + worker * PORTS_PER_WORKER + (nextPort++ % PORTS_PER_WORKER);
    const free = await Promise.all([0, ...beside].map(more => isFree(port + more)));
    if (free.every(Boolean)) return port;
  }
  throw new Error('no port is free');
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  const listens = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  if (!listens) return false;
  server.close();
  await once(server, 'close');
  return true;
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
