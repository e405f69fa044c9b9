/**
 * A drill inspects while its server loads: whichever of the two goes wrong or is cancelled, the verdict is that of one
 * after the other, and nothing is left behind.
 */
import {appendFileSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {afterAll, afterEach, describe, expect, test} from '@jest/globals';
import type {Deps} from '../../src/drill.ts';
import type {Progress} from '../../src/progress.ts';
import {drillOf, failures, scratch} from '../drills.ts';
import {key, OP, rdb, selectDb, str} from '../rdb-builder.ts';
import {SAMPLE, servers} from '../servers.ts';

const dir = scratch();
const temp = scratch();
afterAll(() => {
  dir.dispose();
  temp.dispose();
});
afterEach(() => expect(readdirSync(temp.path)).toEqual([]));

const KINDS = servers.engine ? ['process', 'container'] : ['process'];
const drilled = (path: string, server: string, deps: Partial<Deps> = {}) =>
  drillOf(path, {server}, {tempDir: temp.path, ...deps});

/** Does something when a phase of that name begins. */
const whenBegins = (wanted: string, act: () => void): Progress => ({
  phase: name => {
    if (name === wanted) act();
    return {update: () => {}, end: () => {}};
  },
});

describe.each(KINDS)('a %s', server => {
  test.each(['hash', 'inspect', 'load', 'digest'])('cancelled when the phase %s begins', async phase => {
    const cancel = new AbortController();
    const progress = whenBegins(phase, () => cancel.abort());
    const report = await drilled(SAMPLE, server, {signal: cancel.signal, progress});
    expect(report).toMatchObject({outcome: 'not-run', error: {code: 'cancelled'}});
  });

  test('that was started with too few databases is replaced by one that has enough', async () => {
    const many = dir.file('databases.rdb');
    writeFileSync(
      many,
      rdb('REDIS0010', [selectDb(0), key(0, 'a', str('x')), selectDb(1500), key(0, 'b', str('y'))]),
    );
    const report = await drilled(many, server);
    expect(report).toMatchObject({outcome: 'passed', census: {databases: {0: {keys: 1}, 1500: {keys: 1}}}});
  });

  test('is let go of where the file changes under the reader', async () => {
    const changing = dir.file('changing.rdb');
    writeFileSync(changing, readFileSync(SAMPLE));
    const progress = whenBegins('inspect', () => appendFileSync(changing, 'more'));
    const report = await drilled(changing, server, {progress});
    expect(report.outcome).toBe('not-run');
    expect(report.error?.code).toMatch(/^source\//);
  });

  test('refuses damage that the reader finds too: both are told', async () => {
    const damaged = dir.file('damaged.rdb');
    writeFileSync(damaged, readFileSync(SAMPLE).subarray(0, 20_000));
    const report = await drilled(damaged, server);
    expect(report.outcome).toBe('failed');
    expect(failures(report)).toEqual(['backup/truncated', 'restore/short-read']);
  });

  test('is not asked about what is no dump at all', async () => {
    const other = dir.file('other.rdb');
    writeFileSync(other, '<html>not found</html>');
    const report = await drilled(other, server);
    expect(failures(report)).toEqual(['backup/not-rdb']);
    expect(report.server).toBeNull();
  });
});

describe('no server to be had', () => {
  const nowhere = {searchPath: '/nonexistent'};

  test('is no verdict on what our reader finds nothing wrong with', async () => {
    const report = await drilled(SAMPLE, 'process', nowhere);
    expect(report).toMatchObject({outcome: 'not-run', error: {code: 'server/unavailable'}});
    expect(report.inspection?.dataset.keys).toBe(370);
  });

  test('does not hide what it is sure of', async () => {
    const damaged = dir.file('flipped.rdb');
    const bytes = readFileSync(SAMPLE);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(damaged, bytes);
    const report = await drilled(damaged, 'process', nowhere);
    expect(report.outcome).toBe('failed');
    expect(failures(report)).toEqual(['backup/checksum-mismatch']);
  });
});

test('a dump without any key passes', async () => {
  const empty = dir.file('empty.rdb');
  writeFileSync(empty, rdb('REDIS0010', [[OP.aux, ...str('redis-ver'), ...str('7.0.15')]]));
  expect((await drilled(empty, 'process')).outcome).toBe('passed');
});
