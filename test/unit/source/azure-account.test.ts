/** Which account and log-in a source in Azure has, by what the source, the config and the environment say. */
import {expect, test} from '@jest/globals';
import {azureAccount} from '../../../src/source/azure-account.ts';

type Env = Record<string, string>;
function accountOf(env: Env, host?: string, endpoint?: string) {
  const masked: string[] = [];
  const deps = {env: (name: string) => env[name], mask: (secret: string) => masked.push(secret)};
  return {...azureAccount({host, endpoint}, deps), masked};
}

const ACCOUNT = {AZURE_STORAGE_ACCOUNT: 'acme'};
const HOST = 'acme.blob.core.windows.net';

test.each<[string, Env, string | undefined, string | undefined, object]>([
  ['the environment', ACCOUNT, undefined, undefined, {url: `https://${HOST}`, name: 'acme'}],
  ['the source', {}, HOST, undefined, {url: `https://${HOST}`, name: 'acme'}],
  [
    'the source, and not another one of the environment',
    {AZURE_STORAGE_ACCOUNT: 'other'},
    HOST,
    undefined,
    {name: 'acme', login: {kind: 'identity'}},
  ],
  [
    'the endpoint of an emulator',
    {},
    undefined,
    'https://127.0.0.1:10000/acme/',
    {url: 'https://127.0.0.1:10000/acme', name: 'acme'},
  ],
  ['its other half in another region', {}, 'acme-secondary.blob.core.windows.net', undefined, {name: 'acme'}],
  [
    'the source, spoken to at an endpoint',
    {},
    HOST,
    'https://10.0.0.4',
    {url: 'https://10.0.0.4', name: 'acme'},
  ],
])('the account is told by %s', (_, env, host, endpoint, expected) => {
  expect(accountOf(env, host, endpoint)).toMatchObject(expected);
});

const SECRETS = {
  AZURE_STORAGE_CONNECTION_STRING: 'AccountName=acme;AccountKey=a2V5;EndpointSuffix=core.windows.net',
  AZURE_STORAGE_KEY: 'b3RoZXI=',
  AZURE_STORAGE_SAS_TOKEN: '?sv=1&sig=c2ln&se=2',
};

test.each<[string, Env, string[]]>([
  ['connection string', SECRETS, [SECRETS.AZURE_STORAGE_CONNECTION_STRING, 'a2V5']],
  ['key', {...SECRETS, AZURE_STORAGE_CONNECTION_STRING: ''}, ['b3RoZXI=']],
  ['SAS', {AZURE_STORAGE_SAS_TOKEN: SECRETS.AZURE_STORAGE_SAS_TOKEN}, ['?sv=1&sig=c2ln&se=2', 'c2ln']],
  ['identity', {}, []],
  ['identity', {...SECRETS, AZURE_STORAGE_AUTH_MODE: 'login'}, []],
])('the log-in is by %s, and its secrets are masked', (kind, env, masked) => {
  const account = accountOf({...ACCOUNT, ...env});
  expect([account.login.kind, account.masked]).toEqual([kind, masked]);
});
