/**
 * The few questions setup asks a container engine, over its socket: the `docker` program may be on the PATH with no
 * engine behind it, or be missing where an engine runs.
 */
import {request} from 'node:http';
import {homedir} from 'node:os';
import path from 'node:path';
import {Readable} from 'node:stream';
import {SetupError} from './run.mjs';

export const DEFAULT_SOCKET = '/var/run/docker.sock';

/** A list of images takes milliseconds; an engine that says nothing for this long is as good as none. */
const ANSWER_MS = 5_000;
/** Pulling an image of 50 MB over a slow line. */
const TRANSFER_MS = 300_000;

/** @typedef {{name: string, connect: {socketPath: string} | {host: string, port: number}}} Address */

/** Where an engine may listen, the user's own choice first and alone. @returns {Address[]} */
function addresses() {
  const chosen = process.env.DOCKER_HOST;
  if (chosen?.startsWith('unix://'))
    return [{name: chosen, connect: {socketPath: chosen.slice('unix://'.length)}}];
  if (chosen) {
    const {hostname, port} = new URL(chosen);
    return [{name: chosen, connect: {host: hostname, port: Number(port || 2375)}}];
  }
  const runtime = process.env.XDG_RUNTIME_DIR;
  const sockets = [
    DEFAULT_SOCKET,
    ...(runtime ? [path.join(runtime, 'docker.sock')] : []),
    path.join(homedir(), '.docker', 'run', 'docker.sock'),
  ];
  return sockets.map(socketPath => ({name: `unix://${socketPath}`, connect: {socketPath}}));
}

/**
 * The first engine that answers a ping, or why none does.
 * @returns {Promise<{engine: Engine} | {reason: string}>}
 */
export async function findEngine() {
  let reason = 'no Docker Engine answers';
  for (const address of addresses()) {
    const engine = new Engine(address);
    try {
      const {status, body} = await engine.call('GET', '/_ping');
      if (status === 200 && body.trim() === 'OK') return {engine};
      reason = `${address.name} does not answer like a Docker Engine (status ${status})`;
    } catch (error) {
      const code = /** @type {NodeJS.ErrnoException} */ (error).code;
      if (code === 'EACCES') reason = `this user may not open ${address.name}`;
      else if (process.env.DOCKER_HOST)
        reason = `DOCKER_HOST is ${address.name}, and nothing answers there (${code})`;
    }
  }
  return {reason};
}

export class Engine {
  /** @param {Address} address */
  constructor(address) {
    this.address = address;
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {NodeJS.ReadableStream} [upload]
   * @returns {Promise<{status: number, body: string}>}
   */
  call(method, path, upload) {
    return new Promise((resolve, reject) => {
      const headers = {
        'content-type': path.startsWith('/containers') ? 'application/json' : 'application/x-tar',
      };
      const sent = request(
        {...this.address.connect, method, path, headers: upload ? headers : {}},
        response => {
          let body = '';
          response.setEncoding('utf8');
          response.on('data', chunk => {
            body += chunk;
          });
          response.on('error', reject);
          response.on('end', () => resolve({status: response.statusCode ?? 0, body}));
        },
      );
      const limit = method === 'GET' ? ANSWER_MS : TRANSFER_MS;
      sent.setTimeout(limit, () => sent.destroy(new Error(`no answer from the engine in ${limit / 1000} s`)));
      sent.on('error', reject);
      if (upload) {
        upload.on('error', error => sent.destroy(error));
        upload.pipe(sent);
      } else {
        sent.end();
      }
    });
  }

  /** Creates an image by pulling it or from a stream: the engine answers 200 and tells of an error in the last line. @param {string} query @param {NodeJS.ReadableStream} [upload] */
  async create(query, upload) {
    const {status, body} = await this.call('POST', `/images/create?${query}`, upload);
    const error = body.match(/"(?:error|message)":"((?:[^"\\]|\\.)*)"/)?.[1];
    if (status !== 200 || error) {
      throw new SetupError(
        error ?? `the engine answered ${status}`,
        'Try again, or look at the log of the engine.',
      );
    }
  }

  /**
   * Whether a container really starts: an engine may answer where the kernel lets it run nothing.
   * @param {string} image
   * @param {string[]} command
   * @returns {Promise<string | undefined>} why not, in the engine's words
   */
  async cannotRun(image, command) {
    const settings = {Image: image, Cmd: command, HostConfig: {NetworkMode: 'none'}};
    const created = await this.call('POST', '/containers/create', Readable.from([JSON.stringify(settings)]));
    const {Id, message} = JSON.parse(created.body);
    if (!Id) return message ?? 'no container could be made';
    try {
      const started = await this.call('POST', `/containers/${Id}/start`);
      if (started.status >= 400) return JSON.parse(started.body).message;
      const {StatusCode} = JSON.parse((await this.call('POST', `/containers/${Id}/wait`)).body);
      return StatusCode === 0 ? undefined : `a first container ended with code ${StatusCode}`;
    } finally {
      await this.call('DELETE', `/containers/${Id}?force=1&v=1`);
    }
  }

  /** The environment and labels of an image, or undefined if the engine has no such image. @param {string} image */
  async inspectImage(image) {
    const {status, body} = await this.call('GET', `/images/${image}/json`);
    if (status !== 200) return undefined;
    const {Config} = JSON.parse(body);
    /** @type {string[]} */
    const env = Config?.Env ?? [];
    /** @type {Record<string, string>} */
    const labels = Config?.Labels ?? {};
    return {env: Object.fromEntries(env.map(entry => entry.split(/=(.*)/s).slice(0, 2))), labels};
  }

  /** Tags and labels of all images that carry a label. @param {string} label */
  async labelledImages(label) {
    const filters = encodeURIComponent(JSON.stringify({label: [label]}));
    const {body} = await this.call('GET', `/images/json?filters=${filters}`);
    /** @type {{RepoTags: string[] | null, Labels: Record<string, string>}[]} */
    const images = JSON.parse(body);
    return images.flatMap(({RepoTags, Labels}) => (RepoTags ?? []).map(tag => ({tag, labels: Labels})));
  }
}
