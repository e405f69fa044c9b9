/**
 * What is Google's own: generations, checksums of objects in parts, packed objects, log-ins and their failures. The
 * stand-in that answers is held against the client that Google itself publishes.
 */
import {randomBytes} from 'node:crypto';
import {readdirSync, writeFileSync} from 'node:fs';
import {gzipSync} from 'node:zlib';
import type {Bucket} from '@google-cloud/storage';
import {afterAll, afterEach, beforeAll, beforeEach, describe, expect, test} from '@jest/globals';
import {scratch} from '../drills.ts';
import {outcome, type Reached, refusal} from '../stores/fetched.ts';
import {GoogleStandIn} from '../stores/google.ts';
import {loggedInBy, officialClient} from '../stores/google-place.ts';

const temp = scratch();
const files = scratch();
const BYTES = randomBytes(200_003);
const OTHER = Buffer.from('another');
let google: GoogleStandIn;
let bucket: Bucket;
beforeAll(async () => {
  google = await GoogleStandIn.start();
  writeFileSync(files.file('right.json'), JSON.stringify(google.credentials()));
  loggedInBy(files.file('right.json'));
  bucket = officialClient(google.port).bucket('backups');
});
afterAll(async () => {
  await google[Symbol.asyncDispose]();
  temp.dispose();
  files.dispose();
});
beforeEach(() => {
  google.clear();
  loggedInBy(files.file('right.json'));
});
afterEach(() => expect(readdirSync(temp.path)).toEqual([]));

const endpoint = (): string => `http://127.0.0.1:${google.port}`;
const reach = (path: string): Reached => ({spec: `gs://backups/${path}`, access: {endpoint: endpoint()}});
const came = (path: string, bytes = BYTES) => outcome(reach(path), temp.path, bytes);

describe('Google’s own client takes the stand-in for Google', () => {
  test('uploads, reads in whole and in part, and checks both checksums', async () => {
    const file = bucket.file('redis/dump.rdb');
    await file.save(BYTES, {resumable: false, validation: 'crc32c'});
    const [metadata] = await file.getMetadata();
    expect([metadata.size, metadata.generation]).toEqual([
      String(BYTES.length),
      expect.stringMatching(/^\d{16}$/),
    ]);
    for (const validation of ['md5', 'crc32c'] as const) {
      const [whole] = await file.download({validation});
      expect(whole.equals(BYTES)).toBe(true);
    }
    const [part] = await file.download({start: 1000, end: 1999});
    expect(part.equals(BYTES.subarray(1000, 2000))).toBe(true);
    google.lie = {md5Hash: 'AAAAAAAAAAAAAAAAAAAAAA=='};
    await expect(file.download({validation: 'md5'})).rejects.toThrow(/did not match|MD5/i);
  });

  test('turns its pages, and asks for generations', async () => {
    google.versioning = true;
    google.pageSize = 2;
    for (const name of ['a', 'b', 'c', 'd', 'e']) await bucket.file(name).save(name, {resumable: false});
    const [listed] = await bucket.getFiles();
    expect(listed.map(({name}) => name)).toEqual(['a', 'b', 'c', 'd', 'e']);
    const [{generation}] = await bucket.file('a').getMetadata();
    await bucket.file('a').save('A', {resumable: false});
    const [old] = await bucket.file('a', {generation: generation!}).download();
    expect(old.toString()).toBe('a');
  });
});

describe('what is there', () => {
  test('is listed to its last page', async () => {
    google.pageSize = 2;
    for (let n = 1; n <= 6; n += 1)
      google.put(`redis/dump-${n}.rdb`, OTHER, {timeCreated: `2026-01-0${n}T00:00:00Z`});
    google.put('redis/dump-7.rdb', BYTES, {timeCreated: '2026-01-07T00:00:00Z'});
    google.put('redis/', Buffer.alloc(0), {timeCreated: '2026-01-08T00:00:00Z'});
    expect(await came('redis/')).toBe('whole');
    expect(google.asked.filter(path => path.includes('pageToken'))).toHaveLength(3);
  });

  test('in a bucket that does not exist is nothing that a verdict could be about', async () => {
    for (const path of ['dump.rdb', '', '*.rdb']) {
      expect(await refusal({...reach(''), spec: `gs://none/${path}`}, temp.path)).toMatchObject({
        code: 'source/unreachable',
        message: expect.stringMatching(/there is no such bucket/),
      });
    }
    expect(await came('dump.rdb')).toBe('backup/missing');
  });

  test('of an earlier generation is had by its number', async () => {
    google.versioning = true;
    const first = google.put('dump.rdb', BYTES);
    google.put('dump.rdb', OTHER);
    expect(await came(`dump.rdb#${first}`)).toBe('whole');
    expect(await came('dump.rdb')).toBe('7 wrong bytes');
    expect(await came('dump.rdb#1')).toBe('backup/missing');
  });

  test('and is replaced meanwhile is still had where the bucket keeps versions', async () => {
    google.versioning = true;
    google.put('dump.rdb', BYTES);
    const asked = {meanwhile: async () => void google.put('dump.rdb', OTHER)};
    expect(await outcome(reach('dump.rdb'), temp.path, BYTES, asked)).toBe('whole');
  });
});

describe('the bytes', () => {
  test('come as they are stored, where they were packed before', async () => {
    const packed = gzipSync(BYTES);
    await bucket.file('dump.rdb').save(packed, {resumable: false, metadata: {contentEncoding: 'gzip'}});
    expect(await came('dump.rdb', packed)).toBe('whole');
  });

  test('that were uploaded in parts are verified by their CRC32C', async () => {
    await bucket.file('1').save(BYTES.subarray(0, 100_000), {resumable: false});
    await bucket.file('2').save(BYTES.subarray(100_000), {resumable: false});
    const [whole] = await bucket.combine(['1', '2'], 'dump.rdb');
    expect(whole.metadata.md5Hash).toBeUndefined();
    expect(await came('dump.rdb')).toBe('whole');
    google.lie = {crc32c: 'AAAAAA=='};
    const refused = await refusal(reach('dump.rdb'), temp.path);
    expect(refused).toMatchObject({code: 'source/transfer', message: expect.stringMatching(/CRC32C/)});
  });

  test('are not taken where they have another MD5', async () => {
    google.put('dump.rdb', BYTES);
    google.lie = {md5Hash: 'AAAAAAAAAAAAAAAAAAAAAA=='};
    expect(await came('dump.rdb')).toBe('source/transfer');
  });
});

describe('who asks', () => {
  test('has no log-in, and is told how to get one', async () => {
    const env = {METADATA_SERVER_DETECTION: 'none', HOME: files.path, CLOUDSDK_CONFIG: files.path};
    Object.assign(process.env, env, {GOOGLE_APPLICATION_CREDENTIALS: ''});
    expect(await refusal(reach('dump.rdb'), temp.path)).toMatchObject({
      code: 'source/denied',
      message: expect.stringMatching(/no login was found$/),
      hint: expect.stringMatching(/google-github-actions\/auth/),
    });
  });

  test('is of a repository that the provider does not accept', async () => {
    writeFileSync(files.file('wrong.json'), JSON.stringify(google.credentials('s3cr3t-of-another')));
    loggedInBy(files.file('wrong.json'));
    const refused = await refusal(reach('dump.rdb'), temp.path);
    expect(refused).toMatchObject({
      code: 'source/denied',
      message: expect.stringMatching(/the login failed with invalid_grant$/),
      hint: expect.stringMatching(/id-token: write/),
    });
    expect(refused.message + refused.hint).not.toMatch(/s3cr3t/);
  });

  test.each([
    ['names a file that is not there', () => loggedInBy(files.file('none.json')), 'source/denied'],
    [
      'finds nobody to log in with',
      () => {
        const nobody = JSON.stringify(google.credentials()).replaceAll(String(google.port), '1');
        writeFileSync(files.file('nobody.json'), nobody);
        loggedInBy(files.file('nobody.json'));
      },
      'source/unreachable',
    ],
    [
      'asks while the log-in is down',
      () => {
        google.odd = url => (url.pathname === '/v1/token' ? {status: 503} : null);
      },
      'source/unreachable',
    ],
  ])('%s', async (_, prepare, code) => {
    google.put('dump.rdb', BYTES);
    prepare();
    expect(await came('dump.rdb')).toBe(code);
  });

  test('has a token that is no longer good, or may not read there', async () => {
    google.put('dump.rdb', BYTES);
    for (const [status, hint] of [
      [401, /Log in/],
      [403, /Storage Object Viewer/],
    ] as const) {
      google.odd = url => (url.pathname.startsWith('/storage') ? {status} : null);
      const refused = await refusal(reach('dump.rdb'), temp.path);
      expect(refused).toMatchObject({code: 'source/denied', hint: expect.stringMatching(hint)});
    }
  });

  test('sends no token to an emulator that the environment names', async () => {
    google.open = true;
    google.put('dump.rdb', BYTES);
    const env = {STORAGE_EMULATOR_HOST: `127.0.0.1:${google.port}`};
    expect(await outcome({spec: 'gs://backups/dump.rdb', env}, temp.path, BYTES)).toBe('whole');
    expect(google.asked.filter(path => /token|oidc/.test(path))).toEqual([]);
  });

  test.each([
    ['gs://', {}, /not the address of an object/],
    ['gs:///x', {}, /not the address of an object/],
    ['gs://backups/x', {endpoint: 'http://10.0.0.1'}, /over http/],
  ])('means no place by %s', async (spec, access, message) => {
    const refused = await refusal({spec, access}, temp.path);
    expect(refused).toMatchObject({code: 'usage/invalid', message: expect.stringMatching(message)});
  });

  test('and is answered by something else, is told so', async () => {
    for (const body of [{items: [{name: 'dump.rdb'}]}, []]) {
      google.odd = url => (url.pathname.startsWith('/storage') ? {status: 200, body} : null);
      expect((await refusal(reach(''), temp.path)).message).toMatch(
        /what answers is not Google Cloud Storage$/,
      );
    }
  });
});
