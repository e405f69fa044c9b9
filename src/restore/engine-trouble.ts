/**
 * Why no container can be had, and what to do about it: no engine, one that this user may not use, credentials that are
 * missing. Only asks and explains; nothing here starts anything, and nothing of a credential is ever repeated.
 */
import {access, readFile} from 'node:fs/promises';
import {connect} from 'node:net';
import {homedir} from 'node:os';
import {join} from 'node:path';

/** What the edges read of the environment; testcontainers reads the same, by itself. */
export type DockerSettings = {
  /** DOCKER_HOST. */
  host?: string | undefined;
  /** DOCKER_CONFIG: the directory that holds config.json, if it is another than ~/.docker. */
  configDir?: string | undefined;
  /** DOCKER_AUTH_CONFIG: the same as text. */
  authConfig?: string | undefined;
};

export type Trouble = {because: string; hint: string};

const DEFAULT_SOCKET = '/var/run/docker.sock';
/** An engine takes a connection within milliseconds, whatever it does otherwise. */
const CONNECT_MS = 2000;

const OR_A_LOCAL_SERVER = 'or put redis-server or valkey-server on the PATH';

export async function whyNoEngine({host}: DockerSettings): Promise<Trouble> {
  if (host) return await whyNotThisHost(host);
  const state = await connectTo({path: DEFAULT_SOCKET});
  if (state === 'EACCES' || state === 'EPERM') {
    return {
      because: `there is a container engine, but this user may not use ${DEFAULT_SOCKET}`,
      hint: `Add the user to the group docker and start the runner anew, ${OR_A_LOCAL_SERVER}.`,
    };
  }
  if (state === 'ENOENT') return {because: 'there is no container engine here', hint: await whereToGetOne()};
  return {
    because: `no container engine answers at ${DEFAULT_SOCKET} (${state})`,
    hint: `Start the engine, ${OR_A_LOCAL_SERVER}.`,
  };
}

async function whyNotThisHost(host: string): Promise<Trouble> {
  const address = addressOf(host);
  const shown = `DOCKER_HOST is ${withoutCredentials(host)}`;
  if (!address) {
    return {
      because: `${shown}, which is neither unix:// nor tcp://`,
      hint: 'Set DOCKER_HOST to a socket (unix:///path) or an address (tcp://host:port), or take it away.',
    };
  }
  const state = await connectTo(address);
  const denied = state === 'EACCES' || state === 'EPERM';
  return {
    because: denied
      ? `${shown}, which this user may not use`
      : `${shown}, and no engine answers there (${state})`,
    hint: denied
      ? 'Give the user access to the socket, or take DOCKER_HOST away.'
      : 'Start the engine that DOCKER_HOST names, or take DOCKER_HOST away. No other engine was tried.',
  };
}

async function whereToGetOne(): Promise<string> {
  if (process.platform !== 'linux') {
    return `On GitHub use a Linux runner (runs-on: ubuntu-latest); elsewhere start Docker, ${OR_A_LOCAL_SERVER}.`;
  }
  if (await inContainer()) {
    return (
      `In a job container mount the socket (container: {volumes: ["${DEFAULT_SOCKET}:${DEFAULT_SOCKET}"]}), ` +
      `${OR_A_LOCAL_SERVER} of its image.`
    );
  }
  return `Install or start Docker (or another engine, and say where in DOCKER_HOST), ${OR_A_LOCAL_SERVER}.`;
}

/** By the files that Docker and podman put into every container. */
export async function inContainer(): Promise<boolean> {
  return (await exists('/.dockerenv')) || (await exists('/run/.containerenv'));
}

type Address = {path: string} | {host: string; port: number};

/** `null` for what testcontainers cannot speak (ssh), and for what is no address. */
function addressOf(host: string): Address | null {
  if (!URL.canParse(host)) return null;
  const {protocol, hostname, pathname, port} = new URL(host);
  if (protocol === 'unix:') return {path: pathname};
  if (!['tcp:', 'http:', 'https:'].includes(protocol)) return null;
  return {host: hostname, port: Number(port || 2375)};
}

/** `answers`, or the error's code: what stands in the way of a connection. */
function connectTo(address: Address): Promise<string> {
  return new Promise(resolve => {
    const socket = connect(address);
    const settle = (state: string) => {
      socket.destroy();
      resolve(state);
    };
    socket.setTimeout(CONNECT_MS, () => settle('no connection'));
    socket.once('connect', () => settle('it does not answer like an engine'));
    socket.once('error', (error: NodeJS.ErrnoException) => settle(error.code ?? 'unknown error'));
  });
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

/** testcontainers reads the config when it is imported, and dies of one that is no JSON, showing some of it. */
export async function configTrouble({configDir, authConfig}: DockerSettings): Promise<Trouble | null> {
  if (authConfig) return isConfig(authConfig) ? null : unusable('DOCKER_AUTH_CONFIG');
  const path = join(configDir || join(homedir(), '.docker'), 'config.json');
  try {
    return isConfig(await readFile(path, 'utf8')) ? null : unusable(path);
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    return {
      because: `the Docker config ${path} cannot be read (${code})`,
      hint: 'Let this user read it, or name another directory in DOCKER_CONFIG.',
    };
  }
}

const unusable = (where: string): Trouble => ({
  because: `the Docker config in ${where} is not a JSON object`,
  hint: 'Mend it, or log in to the registry anew.',
});

function isConfig(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

const NEEDS_LOGIN =
  /unauthorized|denied|authentication required|no basic auth credentials|toomanyrequests|too many requests|rate limit/i;

/** Why an image cannot be had, made fit to be shown, and what to do about it. */
export function pullTrouble(image: string, failure: string): Trouble {
  return {
    because: `${image}: ${withoutCredentials(failure.split('\n')[0]!.slice(0, 300))}`,
    hint: NEEDS_LOGIN.test(failure)
      ? 'Log in to the registry in an earlier step (docker/login-action, or docker login). Is the image named rightly? ' +
        'Registries say the same of images that they do not have.'
      : 'Can the engine reach the registry? Name a mirror with --set server.registry=HOST, or an image that is there ' +
        'with --image.',
  };
}

/** URLs in whatever text, without user, password and query: storage behind registries is asked with signed queries. */
const withoutCredentials = (text: string): string =>
  text.replaceAll(/\/\/[^/\s@]*@/g, '//***@').replaceAll(/(:\/\/[^\s"'?]*)\?[^\s"']*/g, '$1?***');
