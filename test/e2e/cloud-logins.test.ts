/**
 * The workflows of docs/sources.md for Azure and Google, with what the log-in actions leave behind for the steps after
 * them: an `az` that has a token, and a file of credentials. No key anywhere, and none in the log.
 */
import {execFileSync} from 'node:child_process';
import {chmodSync, readFileSync, writeFileSync} from 'node:fs';
import {delimiter, join} from 'node:path';
import {afterAll, beforeAll, describe, expect, test} from '@jest/globals';
import {parse} from 'yaml';
import {EXIT} from '../../src/errors.ts';
import {scratch} from '../drills.ts';
import {ROOT, SAMPLE} from '../servers.ts';
import {ACCOUNT, azurite, KEY} from '../stores/azure-place.ts';
import {ACCESS_TOKEN, GoogleStandIn} from '../stores/google.ts';
import {machineIn, runAction} from './run-action.ts';

const dir = scratch();
afterAll(() => dir.dispose());

type Written = {
  permissions: Record<string, string>;
  jobs: {drill: {steps: {uses: string; with: Record<string, string>}[]}};
};

/** The one workflow below a heading. */
function written(heading: string): Written {
  const page = readFileSync(join(ROOT, 'docs', 'sources.md'), 'utf8');
  const [, chapter = ''] = page.split(`\n## ${heading}\n`);
  return parse(/```yaml\n([\s\S]*?)```/.exec(chapter)![1]!) as Written;
}

/** The last step of it, with the store where this test has it. */
async function acted({jobs}: Written, endpoint: string, env: Record<string, string>) {
  const {with: inputs} = jobs.drill.steps.at(-1)!;
  return runAction({
    action: join(ROOT, 'action.yml'),
    machine: machineIn(scratch().path),
    // The sample is older than a night.
    inputs: {
      ...inputs,
      set: `${inputs.set!.replace('26h', '9999d')}\nstore.endpoint=${endpoint}`,
      server: 'process',
    },
    env: {PATH: process.env.PATH!, ...env},
  });
}

describe('Azure Blob Storage', () => {
  const workflow = written('Azure Blob Storage');
  let server: Awaited<ReturnType<typeof azurite>>;
  const [certificate, key] = [dir.file('cert.pem'), dir.file('key.pem')];

  beforeAll(async () => {
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1'];
    const files = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate];
    execFileSync('openssl', [...made, ...files], {stdio: 'ignore'});
    server = await azurite(['--oauth', 'basic', '--cert', certificate, '--key', key]);
    const put = `
      import {readFileSync} from 'node:fs';
      import {BlobServiceClient, StorageSharedKeyCredential} from '@azure/storage-blob';
      const [url, name, key, file] = process.argv.slice(1);
      const container = new BlobServiceClient(url, new StorageSharedKeyCredential(name, key)).getContainerClient('backups');
      await container.create();
      await container.getBlockBlobClient('redis/dump.rdb').uploadData(readFileSync(file));`;
    const given = [`https://127.0.0.1:${server.port}/${ACCOUNT}`, ACCOUNT, KEY, SAMPLE];
    execFileSync(process.execPath, ['--input-type=module', '-e', put, ...given], {
      cwd: ROOT,
      env: {...process.env, NODE_EXTRA_CA_CERTS: certificate},
      stdio: 'pipe',
    });
  });
  afterAll(async () => server[Symbol.asyncDispose]());

  const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  /** As Entra writes them; Azurite believes any signature. */
  function token(expiresInS: number): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = {aud: 'https://storage.azure.com', iss: 'https://sts.windows.net/acme/'};
    const times = {iat: now - 7200, nbf: now - 7200, exp: now + expiresInS};
    return `${encoded({alg: 'RS256', typ: 'JWT'})}.${encoded({...claims, ...times})}.c2lnbmVk`;
  }

  /** An `az` as azure/login leaves it: it answers what is asked of it and nothing else. */
  function programs(name: string, answer: string): string {
    const folder = scratch().path;
    const wanted = 'account get-access-token --output json --resource https://storage.azure.com';
    const lines = ['#!/bin/sh', `[ "$*" = "${wanted}" ] || exit 2`, answer];
    writeFileSync(join(folder, name), `${lines.join('\n')}\n`);
    chmodSync(join(folder, name), 0o755);
    return folder + delimiter + process.env.PATH;
  }
  const drilled = (answer: string) =>
    acted(workflow, `https://127.0.0.1:${server.port}/${ACCOUNT}`, {
      PATH: programs('az', answer),
      NODE_EXTRA_CA_CERTS: certificate,
    });
  const having = (value: string): string => {
    const expires = Math.floor(Date.now() / 1000) + 3600;
    return `echo '${JSON.stringify({accessToken: value, expires_on: expires, tokenType: 'Bearer'})}'`;
  };

  test('is drilled by whoever azure/login has logged in', async () => {
    expect(workflow.permissions).toEqual({'id-token': 'write', contents: 'read'});
    expect(workflow.jobs.drill.steps.map(({uses}) => uses.split('@')[0])).toEqual([
      'azure/login',
      'OWNER/redis-restore-drill',
    ]);
    const mine = token(3600);
    const {exitCode, outputs, log} = await drilled(having(mine));
    expect([exitCode, outputs.outcome, outputs.keys]).toEqual([EXIT.passed, 'passed', '370']);
    expect(log).not.toContain(mine);
  });

  test('is not drilled with a token that has expired', async () => {
    const {exitCode, outputs, log} = await drilled(having(token(-60)));
    expect([exitCode, outputs.outcome]).toEqual([EXIT.notHeld, 'not-run']);
    expect(log).toMatch(/source\/denied|Azure/);
    expect(log).toMatch(/azure\/login/);
  });

  test('is not drilled where the log-in fails, and Entra’s number says why', async () => {
    const {exitCode, log} = await drilled(
      `echo 'ERROR: AADSTS700024: Client assertion is not within its valid time range. s3cr3t' >&2; exit 1`,
    );
    expect(exitCode).toBe(EXIT.notHeld);
    expect(log).toMatch(/the login failed with AADSTS700024/);
    expect(log).not.toMatch(/s3cr3t/);
  });
});

describe('Google Cloud Storage', () => {
  const workflow = written('Google Cloud Storage');
  let google: GoogleStandIn;
  beforeAll(async () => {
    google = await GoogleStandIn.start('acme-backups');
    google.put('redis/dump.rdb', readFileSync(SAMPLE));
  });
  afterAll(async () => google[Symbol.asyncDispose]());

  const drilled = (credentials: object) => {
    writeFileSync(dir.file('gha-creds.json'), JSON.stringify(credentials));
    return acted(workflow, `http://127.0.0.1:${google.port}`, {
      GOOGLE_APPLICATION_CREDENTIALS: dir.file('gha-creds.json'),
    });
  };

  test('is drilled by whoever google-github-actions/auth has logged in', async () => {
    expect(workflow.permissions).toEqual({'id-token': 'write', contents: 'read'});
    const {exitCode, outputs, log} = await drilled(google.credentials());
    expect([exitCode, outputs.outcome, outputs.keys]).toEqual([EXIT.passed, 'passed', '370']);
    expect(log).not.toContain(ACCESS_TOKEN);
    expect(log).not.toMatch(/fromJSON|deprecated/);
  });

  test('is not drilled by a repository that the provider does not accept', async () => {
    const {exitCode, outputs, log} = await drilled(google.credentials('s3cr3t-of-another'));
    expect([exitCode, outputs.outcome]).toEqual([EXIT.notHeld, 'not-run']);
    expect(log).toMatch(/the login failed with invalid_grant/);
    expect(log).not.toMatch(/s3cr3t/);
  });
});
