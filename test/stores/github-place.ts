/** Artifacts of GitHub as a place among the others: what would be a directory there is the beginning of a name here. */
import {FaultyProxy} from './faulty-proxy.ts';
import {GitHubStandIn, REPOSITORY, TOKEN} from './github.ts';
import type {RunningPlace} from './places.ts';

/** No artifact may have a `/` in its name. */
const nameOf = (path: string): string => path.replaceAll('/', '--');

export async function github(): Promise<RunningPlace> {
  const standIn = await GitHubStandIn.start();
  const proxy = await FaultyProxy.to(standIn.port);
  standIn.storage = `http://localhost:${proxy.port}`;
  const access = {endpoint: `http://127.0.0.1:${proxy.port}`, token: 'env:GH_TOKEN'};
  const spec = (path: string) =>
    `github-artifact:${REPOSITORY}/${nameOf(path)}${path.endsWith('/') ? '*' : ''}`;
  return {
    proxy,
    reach: path => ({spec: spec(path), access, env: {GH_TOKEN: TOKEN}}),
    stranger: path => ({spec: spec(path), access, env: {GH_TOKEN: 'wrong'}}),
    put: async (path, bytes, createdAt) => {
      standIn.remove(nameOf(path));
      standIn.upload({name: nameOf(path), bytes, ...(createdAt && {createdAt})});
    },
    remove: async path => standIn.remove(nameOf(path)),
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await standIn[Symbol.asyncDispose]();
      if (standIn.leaked.length > 0) throw new Error(`the token came to the storage: ${standIn.leaked[0]}`);
    },
  };
}
