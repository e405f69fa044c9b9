/** Google Cloud Storage as a place among the others: a stand-in that Google's own client fills, logged in to as a GitHub job does. */
import {writeFileSync} from 'node:fs';
import {Storage} from '@google-cloud/storage';
import {scratch} from '../drills.ts';
import {FaultyProxy} from './faulty-proxy.ts';
import {GoogleStandIn} from './google.ts';
import type {RunningPlace} from './places.ts';

/** The library looks into the environment of its own process. */
export function loggedInBy(file: string): Record<string, string> {
  const env = {GOOGLE_APPLICATION_CREDENTIALS: file};
  Object.assign(process.env, env);
  return env;
}

/** Logs in as `loggedInBy` says. */
export function officialClient(port: number): Storage {
  const apiEndpoint = `http://127.0.0.1:${port}`;
  return new Storage({apiEndpoint, projectId: 'acme', useAuthWithCustomEndpoint: true});
}

export async function google(): Promise<RunningPlace> {
  const standIn = await GoogleStandIn.start();
  const proxy = await FaultyProxy.to(standIn.port);
  const files = scratch();
  writeFileSync(files.file('right.json'), JSON.stringify(standIn.credentials()));
  writeFileSync(files.file('wrong.json'), JSON.stringify(standIn.credentials('of-another-repository')));
  loggedInBy(files.file('right.json'));
  const bucket = officialClient(standIn.port).bucket('backups');
  const access = {endpoint: `http://127.0.0.1:${proxy.port}`};
  const reach = (path: string, login: string) => ({
    spec: `gs://backups/${path}`,
    access,
    env: loggedInBy(files.file(login)),
  });
  return {
    proxy,
    reach: path => reach(path, 'right.json'),
    stranger: path => reach(path, 'wrong.json'),
    put: (path, bytes) => bucket.file(path).save(bytes, {resumable: false}),
    remove: async path => void (await bucket.file(path).delete()),
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await standIn[Symbol.asyncDispose]();
      files.dispose();
    },
  };
}
