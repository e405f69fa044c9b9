/** What a drill of an append-only file looks like, wherever it is shown. */
import {expect, test} from '@jest/globals';
import {renderAof} from '../../../src/report/aof-text.ts';
import {measure} from '../../../src/report/measures.ts';
import {plain, renderText} from '../../../src/report/text.ts';
import {anAof, anInspection, aReport} from '../../builders.ts';

const report = aReport({inspection: null, aof: anAof(), saved: anInspection()});

test('in text: its form, its parts, its base, and when it ends', () => {
  expect(renderText(report)).toContain(
    'AOF       multi-part, 2 parts, 12 commands after a base of 3 keys by redis 7.0.15 (REDIS RDB version 10), until 2025-01-02T03:04:05.000Z (its last #TS annotation)',
  );
});

test('its age is that of the last annotation, its digest that of what the server saved', () => {
  const digest = {algorithm: 'redis-debug-digest', dialect: '7.2', hex: 'ab'.repeat(20)} as const;
  const saved = anInspection({createdAt: '2025-01-03T00:00:00.000Z'});
  const measured = measure({...report, saved: {...saved, dataset: {...saved.dataset, digest}}});
  // From 2025-01-02T03:04:05 to the start of the drill.
  expect(measured).toMatchObject({backupAgeSeconds: 75_355, digest: digest.hex});
});

test('without annotations its age is that of the newest of its files', () => {
  const {backupAgeSeconds} = measure({...report, aof: anAof({annotatedUntil: null})});
  expect(backupAgeSeconds).toBe(75_354);
});

test('inspected: parts, kinds, times, and what is wrong with its place', () => {
  const text = renderAof(
    anAof({
      cutTail: {file: 'a.aof.1.incr.aof', offset: 90, lostBytes: 10, within: 'command'},
      problems: [
        {
          rule: 'aof/corrupt',
          severity: 'error',
          file: 'a.aof.1.incr.aof',
          offset: 1200,
          doing: '',
          message: 'It is corrupt.',
        },
        {
          rule: 'aof/manifest-invalid',
          severity: 'warning',
          file: 'a.aof.manifest',
          line: 3,
          doing: '',
          message: 'It is odd.',
        },
      ],
    }),
    plain,
  );
  expect(text).toContain('incremental a.aof.1.incr.aof: 100 bytes, 12 commands');
  expect(text).toContain('Commands      set 10, select 2');
  expect(text).toContain('in the middle of a command: 10 bytes lost');
  expect(text).toContain('DAMAGED  It is corrupt. [aof/corrupt, byte 1,200]');
  expect(text).toContain('WARNING  It is odd. [aof/manifest-invalid, line 3]');
});
