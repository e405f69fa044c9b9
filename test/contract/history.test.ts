/** What every place of a history promises: whole or nothing, nothing lost, nothing fatal. One suite, run by each. */
import {execFile} from 'node:child_process';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {afterEach, beforeEach, describe, expect, test} from '@jest/globals';
import {openHistory} from '../../src/history/open-history.ts';
import type {HistoryStore} from '../../src/history/store.ts';
import {aRecord, night} from '../records.ts';
import {depsOf, HISTORY_PLACES, type HistoryPlace} from '../stores/history-places.ts';

const run = promisify(execFile);
const WRITER = join(import.meta.dirname, 'append-record.ts');
/** One or two of each of the last weeks. */
const NIGHTS = [8, 9, 15, 16, 22, 23, 24, 27, 28, 29];
/** Where a record of the backup `sessions` would lie. */
const named = (ending: string) => `sessions/2026-01-01T00-00-00-000Z-${ending}`;

describe.each(Object.entries(HISTORY_PLACES))('a history in a %s', (_, make) => {
  let place: HistoryPlace;
  let store: HistoryStore;
  beforeEach(async () => {
    place = await make();
    store = await openHistory(place, depsOf());
  });
  afterEach(async () => await place[Symbol.asyncDispose]());

  test('that does not exist yet holds nothing', async () => {
    expect(await store.read('sessions')).toEqual({records: [], unreadable: []});
    expect(await store.read()).toEqual({records: [], unreadable: []});
  });

  test('is read newest first, of one backup or of all', async () => {
    const records = [2, 0, 1].map(number => aRecord({finishedAt: night(number)}));
    const other = aRecord({backup: 'Søme other/backup', finishedAt: night(3)});
    for (const record of [...records, other]) await store.append(record);
    const ends = async (backup?: string) =>
      (await store.read(backup)).records.map(({finishedAt}) => finishedAt);
    expect(await ends('sessions')).toEqual([2, 1, 0].map(night));
    expect(await ends('Søme other/backup')).toEqual([night(3)]);
    expect(await ends()).toEqual([3, 2, 1, 0].map(night));
    expect((await store.read('Søme other/backup')).records).toEqual([other]);
  });

  test('says what it cannot read, and reads the rest', async () => {
    await store.append(aRecord());
    await place.plant(named('0000000000000001.json'), JSON.stringify(aRecord()).slice(0, 300));
    await place.plant(named('0000000000000002.json'), '');
    await place.plant(named('0000000000000003.json'), JSON.stringify(aRecord({backup: 'users'})));
    await place.plant(named('0000000000000004.json'), JSON.stringify({...aRecord(), schemaVersion: 2}));
    await place.plant(named('0000000000000005.json'), JSON.stringify({...aRecord(), outcome: 'green'}));
    const {records, unreadable} = await store.read('sessions');
    expect(records).toEqual([aRecord()]);
    expect(Object.fromEntries(unreadable.map(({name, because}) => [name.at(-6), because]))).toEqual({
      '1': 'it is no JSON: cut short, or changed by hand',
      '2': 'it is empty',
      '3': 'it is of another backup',
      '4': 'it is of a version that this program does not know',
      '5': 'it does not have the form of a record (outcome)',
    });
  });

  test('takes no other file for a record', async () => {
    await place.plant('README.md', 'ours');
    await place.plant('sessions/notes.json', '{}');
    await place.plant(`${named('0000000000000001.json')}.tmp`, JSON.stringify(aRecord()));
    await store.append(aRecord());
    expect(await store.read()).toEqual({records: [aRecord()], unreadable: []});
  });

  test('reads what a later version has added to a record, without it', async () => {
    const record = aRecord();
    const later = {...record, mood: 'good', server: {...record.server, colour: 'red'}};
    await place.plant(named('0000000000000001.json'), JSON.stringify(later));
    expect((await store.read()).records).toEqual([record]);
  });

  test('is bounded: the newest ones, then one a week', async () => {
    for (const number of NIGHTS) await store.append(aRecord({finishedAt: night(number)}));
    await store.thin({records: 3, weeks: 3});
    const kept = (await store.read('sessions')).records.map(({finishedAt}) => finishedAt);
    // Weeks begin on Thursdays, as time did in 1970; night 24 is one.
    expect(kept).toEqual([29, 28, 27, 24, 23, 16].map(night));
    await store.thin({records: 3, weeks: 0});
    expect((await store.read('sessions')).records).toHaveLength(3);
  });

  test('loses nothing when two drills end at the same moment, 50 times', async () => {
    const {at, access, cwd} = place;
    const count = 50;
    const asked = (from: number) => JSON.stringify({at, access, from, count, keep: 1000});
    const writing = [0, count].map(from =>
      run(process.execPath, [WRITER, asked(from)], {cwd, env: process.env}),
    );
    await Promise.all(writing);
    const {records, unreadable} = await store.read();
    expect(unreadable).toEqual([]);
    const totals = records.map(({timings}) => timings.totalMs);
    expect(totals.toSorted((a, b) => a - b)).toEqual(Array.from({length: 2 * count}, (_, number) => number));
  });
});
