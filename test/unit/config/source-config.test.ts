import {expect, test} from '@jest/globals';
import {readJob} from '../../../src/config/config.ts';
import {parseDuration} from '../../../src/config/duration.ts';

const jobOf = (backup: string, ...set: string[]) => readJob({backup, set});
const problem = (backup: string, ...set: string[]) =>
  jobOf(backup, ...set).then(
    () => '',
    (error: Error) => error.message,
  );

test('max-age and select become numbers, with the place that they were written in', async () => {
  const job = await jobOf('/backups', 'max-age=26h', 'select.pick=random', 'select.within=7d');
  expect(job.policy.maxAge).toEqual({ms: 26 * 3_600_000, origin: '--set max-age'});
  expect(job.source.select).toEqual({
    pattern: null,
    pick: 'random',
    by: 'modified',
    limit: null,
    withinMs: 7 * 86_400_000,
  });
});

test.each([
  ['90s', 90_000],
  ['10m', 600_000],
  ['26h', 93_600_000],
  ['7d', 604_800_000],
  ['1 h', 3_600_000],
  ['1h30m', null],
  ['26', null],
  ['-1h', null],
  ['1.5h', null],
  ['9999999999d', null],
])('the duration %s is %s ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms);
});

test.each([
  ['/backups', 'max-age=tomorrow', /max-age: write a duration/],
  ['/backups', 'max-age=0h', /max-age: write a duration/],
  ['/backups', 'select.within=7d', /select\.within: is for select\.pick: random or all only/],
  ['/backups', 'store.region=eu-central-1', /store\.region: is for s3: only/],
  ['/backups', 'store.workflow=backup.yml', /store\.workflow: is for github-artifact: only/],
  [
    'github-artifact:acme/app/redis',
    'store.workflow=.github/workflows/a.yml',
    /write the file name of a workflow/,
  ],
  ['github-artifact:acme/app/redis', 'store.token=s3cr3t', /store\.token: write env:NAME/],
  ['/backups', 'store.bearer=s3cr3t', /store\.bearer: write env:NAME/],
  ['/backups', 'store.endpoint=http://evil/path?x', /store\.endpoint: write the address/],
  ['s3://backups/x', 'store.endpoint=https://host/acme', /store\.endpoint: has no path, but for az:/],
  ['gs://backups/x', 'store.endpoint=https://host/acme', /store\.endpoint: has no path, but for az:/],
  ['az://backups/x', 'store.endpoint=https://host/acme/more', /store\.endpoint: write the address/],
  ['az://backups/x', 'store.region=eu', /store\.region: is for s3: only/],
  ['/backups', 'store.deadline=99d', /at most 24d/],
  ['ftp://host/dump.rdb', 'max-age=1h', /source: this version cannot fetch/],
  ['env:NOT-A-NAME', 'max-age=1h', /source: write env:NAME/],
])('%s with %s cannot be used', async (backup, set, message) => {
  const text = await problem(backup, set);
  expect(text).toMatch(message);
  expect(text).not.toContain('s3cr3t');
});

test.each([
  ['az://backups/x', 'http://127.0.0.1:10000/devstoreaccount1'],
  ['az://backups/x', 'https://acme.blob.core.usgovcloudapi.net'],
  ['gs://backups/x', 'https://storage.europe-west3.rep.googleapis.com'],
  ['github-artifact:redis', 'https://github.example/api/v3/'],
])('%s is reached at %s', async (backup, endpoint) => {
  const {source} = await jobOf(backup, `store.endpoint=${endpoint}`);
  expect([source.spec, source.access.endpoint]).toEqual([backup, endpoint]);
});

test('a credential in the URI of a source is refused, and not repeated', async () => {
  for (const uri of [
    'https://u:hunter2@host/x.rdb',
    'https://host/x.rdb?X-Amz-Signature=hunter2',
    'az://backups/x.rdb?sv=1&sig=hunter2',
  ]) {
    const text = await problem('/backups', `source=${uri}`);
    expect(text).toMatch(/may hold no credentials.*env:NAME/);
    expect(text).not.toContain('hunter2');
  }
});
