/** Stores as tests use them: opened by what a config would say, with patience for tests, and a backup located in one. */
import {locate} from '../src/source/locate.ts';
import {openStore} from '../src/source/open-store.ts';
import {DEFAULT_PATIENCE, type Limits, Patience} from '../src/source/patience.ts';
import {LATEST, type Select} from '../src/source/select.ts';
import type {Access, Spec} from '../src/source/source-job.ts';
import type {Store} from '../src/source/store.ts';

/** Short pauses, as a test must not take long; but a machine that is busy may be silent for a while. */
export const QUICK: Limits = {
  ...DEFAULT_PATIENCE,
  deadlineMs: 180_000,
  stallMs: 30_000,
  pauseMs: 5,
  maxPauseMs: 50,
};

export const patient = (limits: Partial<Limits> = {}, signal?: AbortSignal): Patience =>
  new Patience({...QUICK, ...limits}, signal);

export const storeOf = (
  spec: Spec,
  access: Access = {},
  env: Record<string, string | undefined> = {},
): Promise<Store> =>
  openStore(
    {spec, access},
    {env: name => env[name], environment: {...process.env, ...env} as Record<string, string>},
  );

export async function locatedIn(spec: Spec, select: Partial<Select> = {}) {
  await using store = await storeOf(spec);
  return locate(store, {...LATEST, ...select}, {patience: patient(), now: new Date(), random: 0});
}
