/** A TCP proxy on loopback that does to a connection what networks and stores do: cuts, stalls, answers with errors, flips bits. */

import {once} from 'node:events';
import {connect, createServer, type Server, type Socket} from 'node:net';
import {freePort} from './programs.ts';

/** What befalls one connection; `null`: nothing. */
export type Fault = {once?: true} & Befalling;
type Befalling =
  | {kind: 'cut'; afterBytes: number}
  | {kind: 'stall'; afterBytes: number}
  | {kind: 'flip'; atBytes: number[]}
  | {kind: 'answer'; status: number; headers?: string[]};

export class FaultyProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Asked for each connection, with its number from 0. */
  fault: (connection: number) => Fault | null = () => null;
  connections = 0;
  /** Faults that befell a connection: what is planned for a byte that never comes, tests nothing. */
  happened = 0;
  #port = 0;

  private constructor(target: number) {
    this.#server = createServer(client => this.#serve(client, target));
  }

  static async to(target: number): Promise<FaultyProxy> {
    const proxy = new FaultyProxy(target);
    // It will be left and taken again: nobody else may be given it in between.
    proxy.#port = await freePort();
    proxy.#server.listen(proxy.#port, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** Forgets all faults and connections: kept alive, one of a former test would have none. */
  reset(): void {
    this.fault = () => null;
    this.connections = 0;
    this.happened = 0;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Befalls the first connection that gets so far, whichever it is. */
  once(fault: Fault): void {
    this.fault = () => ({...fault, once: true});
  }

  /** Nobody listens while `work` goes on. */
  async closed(work: () => Promise<void>): Promise<void> {
    const {port} = this;
    this.reset();
    this.#server.close();
    await once(this.#server, 'close');
    try {
      await work();
    } finally {
      this.#server.listen(port, '127.0.0.1');
      await once(this.#server, 'listening');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.reset();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(client: Socket, target: number): void {
    const fault = this.fault(this.connections);
    this.connections += 1;
    this.#keep(client);
    if (fault?.kind === 'answer') {
      const head = [
        `HTTP/1.1 ${fault.status} Fault`,
        'content-length: 0',
        'connection: close',
        ...(fault.headers ?? []),
      ];
      client.once('data', () => client.end(`${head.join('\r\n')}\r\n\r\n`));
      return;
    }
    const server = connect(target, '127.0.0.1');
    this.#keep(server);
    client.pipe(server);
    server.on('close', () => client.destroy());
    client.on('close', () => server.destroy());
    let passed = 0;
    server.on('data', (data: Buffer) => {
      const before = passed;
      passed += data.length;
      const spared = fault?.once && this.happened > 0;
      for (const at of fault?.kind === 'flip' && !spared ? fault.atBytes : []) {
        if (at < before || at >= passed) continue;
        data[at - before]! ^= 0x01;
        this.happened += 1;
      }
      const limit = fault?.kind === 'cut' || fault?.kind === 'stall' ? fault.afterBytes : Infinity;
      if (passed <= limit || spared) {
        if (!client.write(data)) {
          server.pause();
          client.once('drain', () => server.resume());
        }
        return;
      }
      this.happened += 1;
      client.write(data.subarray(0, Math.max(0, limit - before)));
      server.pause();
      if (fault?.kind === 'cut') client.destroySoon();
    });
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
