/** Engines other than the machine's own, for tests of the places where Actions run: through a line that can be cut, podman, and Docker without root. */
import {type ChildProcess, spawn} from 'node:child_process';
import {once} from 'node:events';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import {get, request} from 'node:http';
import {type AddressInfo, connect, createServer, type Socket} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {Readable} from 'node:stream';
import {pipeline} from 'node:stream/promises';
import {setTimeout as sleep} from 'node:timers/promises';
import {imageOf} from '../servers.ts';

export const DEFAULT_SOCKET = '/var/run/docker.sock';

/** A TCP line to an engine of this machine, as to a remote one. */
export type Line = AsyncDisposable & {
  host: string;
  /** The line is dead, and all calls on it. */
  cut(): void;
  /** Nothing passes any more, and nobody is told. */
  freeze(): void;
};

export async function lineToEngine(engine = DEFAULT_SOCKET): Promise<Line> {
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    return socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  };
  let frozen = false;
  const server = createServer(near => {
    keep(near);
    if (frozen) return;
    const far = keep(connect(engine));
    near.pipe(far).pipe(near);
    far.on('close', () => near.destroy());
    near.on('close', () => far.destroy());
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const cut = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return {
    host: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    cut,
    freeze: () => {
      frozen = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    [Symbol.asyncDispose]: async () => cut(),
  };
}

/** An engine of the test's own, in namespaces of its own: when its first process is killed all of it is gone. */
export type OwnEngine = {socket: string; tempDir: string; uid: number; stop(): Promise<void>};

/** Beyond what packages and people use. */
const ROOTLESS_UID = 54_321;
const ENGINE_START_MS = 40_000;

/** podman's service as root. */
export async function startPodman(): Promise<OwnEngine> {
  const dir = scratchDir('podman');
  // Where the limits of this process are lower than podman's own defaults, it could start nothing.
  writeFileSync(
    join(dir, 'conf'),
    '[containers]\ndefault_ulimits = ["nofile=4096:4096", "nproc=4096:4096"]\n',
  );
  const places = ['--root', join(dir, 'data'), '--runroot', join(dir, 'run'), '--tmpdir', join(dir, 'tmp')];
  const socket = join(dir, 'podman.sock');
  const podman = ['podman', ...places, '--cgroup-manager', 'cgroupfs', 'system', 'service', '--time', '0'];
  return await startOwn(dir, 0, socket, [...podman, `unix://${socket}`], {
    CONTAINERS_CONF: join(dir, 'conf'),
  });
}

/** Docker as a user of its own, who is in no file of the machine: in this engine's mount namespace he is. */
export async function startRootlessDocker(): Promise<OwnEngine> {
  const dir = scratchDir('rootless');
  const [home, run] = [join(dir, 'home'), join(dir, 'run')];
  for (const path of [home, run]) {
    mkdirSync(path, {mode: 0o700});
    chownSync(path, ROOTLESS_UID, ROOTLESS_UID);
  }
  const files: Record<string, string> = {
    passwd: `${readFileSync('/etc/passwd', 'utf8')}drill:x:${ROOTLESS_UID}:${ROOTLESS_UID}::${home}:/bin/sh\n`,
    group: `${readFileSync('/etc/group', 'utf8')}drill:x:${ROOTLESS_UID}:\n`,
    subuid: 'drill:2000000:65536\n',
    subgid: 'drill:2000000:65536\n',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, name), text, {mode: 0o644});
  const socket = join(run, 'docker.sock');
  const dockerd = [
    ...['dockerd', '--rootless', '--host', `unix://${socket}`, '--data-root', join(home, 'data')],
    ...['--exec-root', join(run, 'exec'), '--pidfile', join(run, 'pid')],
    // A throwaway server needs no network, and so this engine none: slirp4netns can be done without.
    ...['--bridge=none', '--iptables=false', '--ip6tables=false'],
  ];
  const inside = `rm -f /run/docker /run/containerd /run/xtables.lock; exec "$@"`;
  const rootlesskit = [
    ...['rootlesskit', '--net=host', '--copy-up=/etc', '--copy-up=/run', '--propagation=rslave'],
    ...['--state-dir', join(run, 'kit'), 'sh', '-c', inside, 'sh', ...dockerd],
  ];
  const user = [`--reuid=${ROOTLESS_UID}`, `--regid=${ROOTLESS_UID}`, '--clear-groups'];
  const bound = `for f in passwd group subuid subgid; do touch /etc/$f; mount --bind ${dir}/$f /etc/$f; done; cd ${home}; exec "$@"`;
  const command = ['sh', '-ec', bound, 'sh', 'setpriv', ...user, ...rootlesskit];
  return await startOwn(dir, ROOTLESS_UID, socket, command, {HOME: home, XDG_RUNTIME_DIR: run});
}

function scratchDir(name: string): string {
  const dir = mkdtempSync(join(tmpdir(), `drill-${name}-`));
  chmodSync(dir, 0o755);
  return dir;
}

async function startOwn(
  dir: string,
  uid: number,
  socket: string,
  command: string[],
  env: Record<string, string>,
): Promise<OwnEngine> {
  const log = join(dir, 'log');
  const apart = ['--mount', '--net', '--pid', '--fork', '--mount-proc', '--kill-child=KILL'];
  const path = `${process.env.PATH}:/usr/sbin:/usr/bin:/sbin:/bin`;
  // Its first process must stay root: a change of user would take from it the order to end with `unshare`.
  const first = ['sh', '-c', '"$@" & wait', 'sh'];
  const child = spawn('unshare', [...apart, ...first, ...command], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {PATH: path, ...env},
  });
  for (const stream of [child.stdout!, child.stderr!]) stream.on('data', chunk => appendFileSync(log, chunk));
  const tempDir = join(dir, 'temp');
  mkdirSync(tempDir);
  chownSync(tempDir, uid, uid);
  const stop = () => stopOwn(child, dir);
  try {
    await whenItAnswers(child, socket);
    await giveImage(socket);
  } catch (error) {
    const said = readLog(log);
    await stop();
    throw new Error(`${(error as Error).message}: ${said}`);
  }
  return {socket, tempDir, uid, stop};
}

async function stopOwn(child: ChildProcess, dir: string): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  // The namespaces go a moment after their last process.
  rmSync(dir, {recursive: true, force: true, maxRetries: 20, retryDelay: 100});
}

/** The last line that says something, fit for the title of a test. */
function readLog(path: string): string {
  try {
    const lines = readFileSync(path, 'utf8').trim().split('\n');
    const last = lines.findLast(line => /error|fatal|fail/i.test(line)) ?? lines.at(-1) ?? '';
    return last.replaceAll(/[()]/g, '').slice(0, 200);
  } catch {
    return 'it said nothing';
  }
}

async function whenItAnswers(child: ChildProcess, socket: string): Promise<void> {
  let failed: Error | undefined;
  child.on('error', error => {
    failed = error;
  });
  for (let waitedMs = 0; waitedMs < ENGINE_START_MS; waitedMs += 100) {
    if (failed) throw failed;
    if (child.exitCode !== null) throw new Error(`it ended with code ${child.exitCode}`);
    if ((await ask(socket, 'GET', '/_ping').catch(() => null))?.status === 200) return;
    await sleep(100);
  }
  throw new Error('it does not answer');
}

/** From the machine's own engine, where setup has put it. */
async function giveImage(socket: string): Promise<void> {
  const image = imageOf('redis:7.0');
  const exported = await new Promise<Readable>((resolve, reject) => {
    get({socketPath: DEFAULT_SOCKET, path: `/images/${image}/get`}, resolve).on('error', reject);
  });
  const {status, body} = await ask(socket, 'POST', '/images/load', exported);
  if (status !== 200) throw new Error(`it does not take the image: ${body}`);
}

/** One call of an engine's API. */
export async function ask(
  socketPath: string,
  method: string,
  path: string,
  upload: Readable = Readable.from([]),
  headers: Record<string, string> = {'content-type': 'application/x-tar'},
): Promise<{status: number; body: string}> {
  const sent = request({socketPath, method, path, headers});
  const answered = once(sent, 'response');
  await Promise.all([answered, pipeline(upload, sent)]);
  const [answer] = await answered;
  let body = '';
  for await (const chunk of answer) body += chunk;
  return {status: answer.statusCode, body};
}
