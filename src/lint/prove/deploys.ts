/**
 * A change of configuration, rolled out over existing files as a deploy would: a server with the old configuration is given
 * keys, some of them saved and some only written since; it is stopped, or killed; and servers with the old and the new
 * configuration are started over what it left. In: both configurations. Out: how many keys each came up with.
 */
import {type Host, makeVolume, type StartIn, startConfigured} from '../../restore/configured.ts';
import type {Settings} from '../../restore/production-settings.ts';
import {countKeys, saveInBackground, takeAllSlots, whenWritten, writeKeys} from './keys.ts';
import type {Kept, ProvedDeploy} from './proof.ts';
import {together} from './together.ts';

export const SAVED = 600;
export const SINCE = 400;

export type DeploySide = {
  settings: Settings;
  host: Host;
  /** As configured; files are found again where it is the same on both sides. */
  dir: string;
  cluster: boolean;
  /** The highest that it has. */
  highestDatabase: number;
  /** It saves by itself, and when it is stopped in order. */
  savePoints: boolean;
};

type Stop = ProvedDeploy['stopped'];
/** Keys by database. */
type Counts = Record<string, number>;

/** A text says why it could not be carried out. Without a `base` the head is restarted over its own files. */
export async function deploy(
  base: DeploySide,
  head: DeploySide | null,
  stopped: Stop,
): Promise<Omit<ProvedDeploy, 'predicted'> | string> {
  const dirs = [...new Set([base.dir, head?.dir ?? base.dir])];
  const directories = dirs.map((_, index) => String(index));
  await using volume = await makeVolume(base.host.surroundings);
  const placeOf = ({dir}: DeploySide) => {
    return {volume, directory: String(dirs.indexOf(dir)), directories, withoutRefused: false};
  };
  const left = await leaveBehind(base, placeOf(base), stopped);
  if (typeof left === 'string') return left;
  const kept = (side: DeploySide) => keptBy(side, placeOf(side), left);
  const [own, changed] = await together([kept(base), head && kept(head)]);
  const counts = {stopped, saved: SAVED, since: SINCE};
  return changed === null ? {...counts, without: null, with: own} : {...counts, without: own, with: changed};
}

async function leaveBehind(side: DeploySide, place: StartIn, stop: Stop): Promise<Counts | string> {
  const {settings, host, cluster, savePoints, highestDatabase} = side;
  const {signal} = host.surroundings;
  const {started, because} = await startConfigured(settings, place, host);
  if (started === null) return `the server before the change does not start: ${because}`;
  await using running = started;
  const {client} = running.server;
  if (cluster && !(await takeAllSlots(client, signal))) return 'the node of a cluster takes no writes';
  // Still saves when it ends, and not by itself in the middle of this.
  if (savePoints) await client.call('CONFIG', 'SET', 'save', '3600 1000000');
  const databases = cluster || highestDatabase === 0 ? [0] : [0, highestDatabase];
  let written: Counts;
  try {
    await writeKeys(client, databases, {from: 0, to: SAVED});
    if (!(await saveInBackground(client, signal))) return 'BGSAVE failed';
    await writeKeys(client, databases, {from: SAVED, to: SAVED + SINCE});
    await whenWritten(client, signal);
    written = await countKeys(client);
  } catch (error) {
    const [word] = /^[A-Z]{3,}\b/.exec((error as Error).message) ?? [];
    if (word === undefined) throw error;
    return `the server takes no writes: ${word}`;
  }
  const ended = await running.end(stop === 'in order' ? 'SIGTERM' : 'SIGKILL');
  return ended ? written : 'the server did not end when it was told to';
}

async function keptBy({settings, host}: DeploySide, place: StartIn, written: Counts): Promise<Kept> {
  const {started, because} = await startConfigured(settings, place, host);
  if (started === null) return {refused: because};
  await using running = started;
  const counts = Object.entries(await countKeys(running.server.client));
  const keys = counts.reduce((sum, [, count]) => sum + count, 0);
  const placed = counts.reduce((sum, [database, count]) => sum + Math.min(count, written[database] ?? 0), 0);
  return {keys, misplaced: keys - placed};
}
