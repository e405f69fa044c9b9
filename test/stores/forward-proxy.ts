/** A proxy as companies have it at the edge of their network: asks for a password, counts what it brings, and who came without. */
import {once} from 'node:events';
import {createServer, request, type Server} from 'node:http';
import {connect} from 'node:net';

const AUTHORIZATION = `Basic ${Buffer.from('drill:open sesame').toString('base64')}`;

export class ForwardProxy implements AsyncDisposable {
  readonly #server: Server;
  /** Of all answers. */
  bytes = 0;
  strangers = 0;

  private constructor() {
    this.#server = createServer((asked, answer) => {
      const {'proxy-authorization': password, ...headers} = asked.headers;
      if (password !== AUTHORIZATION) {
        this.strangers += 1;
        answer.writeHead(407).end();
        return;
      }
      const onward = request(asked.url!, {method: asked.method, headers, agent: false}, from => {
        answer.writeHead(from.statusCode!, from.headers);
        from.on('data', (piece: Buffer) => {
          this.bytes += piece.length;
        });
        from.pipe(answer);
      });
      onward.on('error', () => answer.destroy());
      asked.pipe(onward);
    });
    // Some ask for a tunnel, though nothing is encrypted.
    this.#server.on('connect', ({url = '', headers}, client) => {
      if (headers['proxy-authorization'] !== AUTHORIZATION) {
        this.strangers += 1;
        client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
        return;
      }
      const {hostname, port} = new URL(`http://${url}`);
      const onward = connect(Number(port || 80), hostname, () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        client.pipe(onward).pipe(client);
      });
      for (const end of [client, onward]) end.on('error', () => [client, onward].map(one => one.destroy()));
    });
  }

  static async start(): Promise<ForwardProxy> {
    const proxy = new ForwardProxy();
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get url(): string {
    const {port} = this.#server.address() as {port: number};
    return `http://drill:open%20sesame@127.0.0.1:${port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
