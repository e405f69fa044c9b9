/**
 * The drills that one backup of the config stands for: itself, or with `pick: all` one for each backup in its place, the
 * newest first. Lists the place, fetches nothing.
 */
import type {Job} from '../config/config.ts';
import type {Deps} from '../drill.ts';
import {type DrillError, toDrillError} from '../errors.ts';
import {type Memory, recall} from '../history/memory.ts';
import {gathered} from '../source/loose-files.ts';
import {openStore} from '../source/open-store.ts';
import {Patience} from '../source/patience.ts';
import {ALL, ANY} from '../source/select.ts';
import {selectAll} from '../source/select-all.ts';

export type Remembered = Job & {memory: Memory};

/** `unlisted`: why nobody knows which there are. */
export async function* eachBackup(
  job: Remembered,
  deps: Deps,
): AsyncGenerator<Remembered & {unlisted?: DrillError}> {
  const {name, source} = job;
  if (source.select.pick !== ALL) return yield job;
  const picking = (pick: string) => ({...source, select: {...source.select, pick}});
  let names: string[];
  try {
    names = await namesOfAll(source, deps);
  } catch (thrown) {
    return yield {...job, unlisted: toDrillError(thrown)};
  }
  const [newest, ...older] = names;
  // That there is none, or none of the window, a drill of any of them finds; one of the latest would take an older one.
  if (newest === undefined) return yield {...job, source: picking(ANY)};
  yield {...job, name: `${name}/${newest}`, source: picking(newest)};
  // The history and the age of a backup are those of the newest: what lies before it is older, and was drilled then.
  const {maxAge: _, ...policy} = job.policy;
  const memory = await recall({...job, history: null}, deps);
  for (const pick of older) yield {...job, name: `${name}/${pick}`, memory, policy, source: picking(pick)};
}

async function namesOfAll(source: Job['source'], deps: Deps): Promise<string[]> {
  await using store = await openStore(source, deps);
  const patience = new Patience(source.patience, deps.signal);
  const listing = await patience.persist('listing the backups', attempt => store.list(attempt));
  return selectAll(gathered(listing, source.load ?? 'auto'), source.select, Date.now()).map(({name}) => name);
}
