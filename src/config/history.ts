/**
 * `history` in restore-drill.yml: where records of drills are kept, and how many. Of the whole file, or of one backup, as
 * a place alone or with settings; the flag `--history` stands in for the place.
 */
import {z} from 'zod';
import {DEFAULT_KEEP} from '../history/keep.ts';
import type {HistoryJob} from '../history/open-history.ts';
import {credentialsIn} from './credentials.ts';
import {storeSchema, WITHOUT_CREDENTIALS} from './source-schema.ts';

const place = z
  .string()
  .min(1)
  .refine(text => credentialsIn(text).length === 0, WITHOUT_CREDENTIALS);

const settings = z.strictObject({
  at: place,
  /** Newest records of a backup that are all kept. */
  keep: z.int().min(1).max(10_000).default(DEFAULT_KEEP.records),
  /** After these, weeks of which one is kept. */
  weeks: z.int().min(0).max(1_000).default(DEFAULT_KEEP.weeks),
  /** Of a bucket that is not AWS's. */
  endpoint: storeSchema.shape.endpoint,
  region: storeSchema.shape.region,
  'path-style': storeSchema.shape['path-style'],
});

export const historyConfigSchema = z.union([place, settings]);

/** Where it is and how it is reached, of what `historyFor` gives. */
export const historyPlaceSchema = settings.transform(written => {
  const {at, access} = toHistoryJob(written)!;
  return {at, access};
});

/** Of one backup: its own, else that of the whole file; as settings, so that flags can be set in it. */
export function historyFor(own: unknown, ofFile: unknown): {history?: unknown} {
  const written = own ?? ofFile;
  if (written === undefined) return {};
  return {history: typeof written === 'string' ? {at: written} : written};
}

export function toHistoryJob(config: z.output<typeof historyConfigSchema> | undefined): HistoryJob | null {
  if (config === undefined) return null;
  const written = typeof config === 'string' ? settings.parse({at: config}) : config;
  const {at, keep, weeks, endpoint, region, 'path-style': pathStyle} = written;
  return {at, keep: {records: keep, weeks}, access: {endpoint, region, pathStyle}};
}
