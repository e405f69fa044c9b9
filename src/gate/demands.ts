/**
 * What a release asks of its drills: which backups, how recent, on which servers, by whom. All of it is data by the time
 * the gate is judged. Also what stands in for names that nobody gave: every backup that the history knows.
 */
import type {HistoryRecord} from '../history/record.ts';
import type {Depth} from '../inspect/inspection.ts';
import type {WantedServer} from './wanted-server.ts';
import type {Trust} from './witness.ts';

export type Demands = {
  /** Names of backups; each once. */
  require: string[];
  /** Who named them: `--require`, `restore-drill.yml`, or what the history knows. */
  requiredBy: string;
  /** Of the drill. */
  maxAgeMs: number;
  /** Of the backup that was drilled; `null`: any. */
  maxBackupAgeMs: number | null;
  /** None: whatever was drilled. */
  servers: WantedServer[];
  /** The least that counts. */
  depth: Depth;
  /** `null`: whoever wrote the history. */
  trust: Trust | null;
};

/** A backup that was drilled within so many days and no longer is has not been forgotten: it is missing. */
export const KNOWN_DAYS = 30;
const DAY_MS = 86_400_000;

export function knownBackups(records: HistoryRecord[], now: Date): string[] {
  const since = now.getTime() - KNOWN_DAYS * DAY_MS;
  const known = records.filter(({finishedAt}) => Date.parse(finishedAt) >= since);
  return [...new Set(known.map(({backup}) => backup))].toSorted();
}
