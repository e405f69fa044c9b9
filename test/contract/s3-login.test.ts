/**
 * How S3 refuses, by a stand-in that answers what S3 documents (Error Responses in its API reference), because the servers
 * of the other suites let everybody in: it is told what is wrong, at once, and no secret is repeated.
 */
import {createServer, type Server} from 'node:http';
import {afterAll, afterEach, beforeAll, expect, test} from '@jest/globals';
import {toDrillError} from '../../src/errors.ts';
import {scratch} from '../drills.ts';
import {fetched} from '../stores/fetched.ts';

const temp = scratch();
const SECRETS = {
  AWS_ACCESS_KEY_ID: 'AKIASTRANGER',
  AWS_SECRET_ACCESS_KEY: 's3cr3t',
  AWS_SESSION_TOKEN: 't0k3n',
};
let server: Server;
let endpoint = '';
let requests: string[] = [];
/** What the server says to a HEAD, which has no body, and to all else. */
let refusal = {status: 403, code: ''};
/** The object may be seen, but not read. */
let seen = false;

beforeAll(async () => {
  Object.assign(process.env, SECRETS, {AWS_REGION: 'us-east-1', AWS_EC2_METADATA_DISABLED: 'true'});
  server = createServer(({method = '', url = '', headers}, response) => {
    requests.push(`${method} ${url}`);
    expect(headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIASTRANGER\//);
    if (method === 'HEAD' && seen && url === '/backups/dump.rdb')
      return void response.writeHead(200, {'content-length': '100', etag: '"1"'}).end();
    const message = `<Message>AKIASTRANGER t0k3n</Message><AWSAccessKeyId>AKIASTRANGER</AWSAccessKeyId>`;
    const body = `<?xml version="1.0"?><Error><Code>${refusal.code}</Code>${message}</Error>`;
    response
      .writeHead(refusal.status, {'content-type': 'application/xml'})
      .end(method === 'HEAD' ? '' : body);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  endpoint = `http://127.0.0.1:${(server.address() as {port: number}).port}`;
});
afterEach(() => {
  requests = [];
  seen = false;
});
afterAll(() => {
  for (const name of Object.keys(SECRETS)) delete process.env[name];
  server.close();
  server.closeAllConnections();
  temp.dispose();
});

const refused = (key: string) =>
  fetched({spec: `s3://backups/${key}`, access: {endpoint}}, temp.path).then(
    () => {
      throw new Error('it was let in');
    },
    thrown => toDrillError(thrown),
  );

const REFUSALS: [string, number, string, RegExp][] = [
  ['a key that nobody knows', 403, 'InvalidAccessKeyId', /access key is not known/],
  ['the wrong secret', 403, 'SignatureDoesNotMatch', /secret key is not that of the access key/],
  ['a token that has expired', 400, 'ExpiredToken', /session token has expired/],
  ['a token that is none', 400, 'InvalidToken', /session token is not valid/],
  ['a clock that is wrong', 403, 'RequestTimeTooSkewed', /clock of this machine is wrong/],
  ['who may not list', 403, 'AccessDenied', /S3 answers 403 AccessDenied/],
];

test.each(REFUSALS)('%s is denied while listing, at once', async (_who, status, code, message) => {
  refusal = {status, code};
  const error = await refused('nightly/');
  expect(error).toMatchObject({code: 'source/denied', exitCode: 3, message: expect.stringMatching(message)});
  expect(requests).toHaveLength(1);
  expect(JSON.stringify([error.message, error.hint])).not.toMatch(/AKIASTRANGER|s3cr3t|t0k3n/);
});

test.each(REFUSALS)('%s is denied while reading, at once', async (_who, status, code, message) => {
  refusal = {status, code};
  seen = true;
  const error = await refused('dump.rdb');
  expect(error).toMatchObject({code: 'source/denied', message: expect.stringMatching(message)});
  expect(requests.filter(request => request.startsWith('GET /backups/dump.rdb?')).length).toBeLessThan(5);
});

test.each(
  REFUSALS,
)('%s is denied where one object is named, though a HEAD is refused without a word', async (_who, status, code, message) => {
  refusal = {status, code};
  const error = await refused('dump.rdb');
  expect(error).toMatchObject({code: 'source/denied', message: expect.stringMatching(message)});
  expect(requests).toEqual([
    'HEAD /backups/dump.rdb',
    'GET /backups/dump.rdb?x-id=GetObject',
    'GET /backups/dump.rdb?x-id=GetObject',
  ]);
});

test('who may read and not look is refused: what is there could not be told from what is not', async () => {
  refusal = {status: 403, code: ''};
  expect(await refused('dump.rdb')).toMatchObject({
    code: 'source/denied',
    message: expect.stringMatching(/403/),
  });
});
