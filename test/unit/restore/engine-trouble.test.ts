import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {createServer, type Server} from 'node:net';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {configTrouble, pullTrouble, whyNoEngine} from '../../../src/restore/engine-trouble.ts';

let temp: string;
beforeEach(async () => {
  temp = await mkdtemp(join(tmpdir(), 'unit-'));
});
afterEach(() => rm(temp, {recursive: true, force: true}));

async function listening(path: string): Promise<Server> {
  const server = createServer(socket => socket.destroy());
  await new Promise<void>(resolve => server.listen(path, resolve));
  return server;
}

describe('where DOCKER_HOST names an engine that does not answer', () => {
  test('it is named, with what was met there', async () => {
    const host = `unix://${temp}/none.sock`;
    const {because, hint} = await whyNoEngine({host});
    expect(because).toBe(`DOCKER_HOST is ${host}, and no engine answers there (ENOENT)`);
    expect(hint).toMatch(/take DOCKER_HOST away\. No other engine was tried/);
    expect((await whyNoEngine({host: 'tcp://127.0.0.1:1'})).because).toMatch(
      /answers there \(ECONNREFUSED\)/,
    );
  });

  test('something else may listen there', async () => {
    const server = await listening(join(temp, 'other.sock'));
    const {because} = await whyNoEngine({host: `unix://${temp}/other.sock`});
    expect(because).toMatch(/\(it does not answer like an engine\)/);
    server.close();
  });

  test.each([
    'ssh://somebody@host',
    'npipe:////./pipe/docker',
    'nonsense',
  ])('%s is no address', async host => {
    expect((await whyNoEngine({host})).because).toMatch(/which is neither unix:\/\/ nor tcp:\/\//);
  });

  test('a password in it is not repeated', async () => {
    for (const host of ['tcp://somebody:hunter2@127.0.0.1:1', 'ssh://somebody:hunter2@host']) {
      expect(JSON.stringify(await whyNoEngine({host}))).not.toMatch(/hunter2|somebody/);
    }
  });
});

describe('a Docker config that cannot be used', () => {
  test('is told of without showing any of it', async () => {
    const text = '{"auths": {"registry.example": {"auth": "c2VjcmV0"}';
    await writeFile(join(temp, 'config.json'), text);
    for (const settings of [{configDir: temp}, {authConfig: text}, {authConfig: '[]'}]) {
      const trouble = await configTrouble(settings);
      expect(trouble?.because).toMatch(/is not a JSON object$/);
      expect(JSON.stringify(trouble)).not.toMatch(/c2VjcmV0|registry\.example/);
    }
  });

  test('is no trouble where it is whole, or not there', async () => {
    expect(await configTrouble({configDir: temp})).toBeNull();
    expect(await configTrouble({configDir: join(temp, 'none')})).toBeNull();
    await writeFile(join(temp, 'config.json'), '{"auths": {}}');
    expect(await configTrouble({configDir: temp})).toBeNull();
    // Where it is given as text, the file is not looked at.
    expect(await configTrouble({configDir: '/proc/self/mem', authConfig: '{}'})).toBeNull();
  });
});

describe('why an image cannot be had', () => {
  test.each([
    'unauthorized: authentication required',
    "pull access denied for redis, repository does not exist or may require 'docker login'",
    'Head "https://registry.example/v2/redis/manifests/7.0": no basic auth credentials',
    'toomanyrequests: You have reached your pull rate limit.',
  ])('%s: the login step is named', failure => {
    expect(pullTrouble('redis:7.0', failure).hint).toMatch(/docker\/login-action, or docker login/);
  });

  test.each([
    'manifest unknown',
    'dial tcp: lookup registry.example: no such host',
  ])('%s: another registry or image is', failure => {
    expect(pullTrouble('redis:7.0', failure).hint).toMatch(/server\.registry=HOST/);
  });

  test('neither a password in a URL nor a signature is repeated', () => {
    const failure = 'Get "https://me:hunter2@registry.example/v2/?sig=c2VjcmV0&x=1": EOF';
    expect(pullTrouble('redis:7.0', failure).because).toBe(
      'redis:7.0: Get "https://***@registry.example/v2/?***": EOF',
    );
  });
});
