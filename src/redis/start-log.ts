/**
 * Why a server did not start with a configuration file, and what it did with the dump beside an append-only file, from
 * its log. Lines that repeat a directive are never passed on: they hold what is written in the file. Source of the lines:
 * loadServerConfigFromString in config.c, moduleLoadFromQueue in module.c, main in server.c, aof.c.
 */
import {blackOut, message} from './load-log.ts';

export type StartTrouble =
  /** A line of the file, from 1, and what the server has against it. */
  | {kind: 'line'; line: number; complaint: string}
  /** As it was named in the file. */
  | {kind: 'module'; path: string};

/** `null` where the log says nothing of the kind. */
export function startTrouble(log: readonly string[]): StartTrouble | null {
  const lines = log.map(message);
  const at = lines.findIndex(line => /^\*\*\* FATAL CONFIG FILE ERROR/.test(line));
  if (at >= 0) {
    const [, where = '', repeated = '', complaint = ''] = lines.slice(at);
    const line = Number(/at line (\d+)/.exec(where)?.[1] ?? 0);
    return {kind: 'line', line, complaint: complaintOf(repeated.startsWith('>>>') ? complaint : repeated)};
  }
  for (const line of lines) {
    const path = /^Can't load module from (.+): server aborting$/.exec(line)?.[1];
    if (path !== undefined) return {kind: 'module', path};
  }
  return null;
}

/** A server's own words, apart from what it quotes, and from what may be a word of the file. */
function complaintOf(text: string): string {
  const known = KNOWN_COMPLAINTS.find(complaint => text.toLowerCase().includes(complaint));
  return (
    known ?? (blackOut(text) === text && /^[A-Za-z][\w ,.:()'-]*$/.test(text) ? text : 'it does not say more')
  );
}

const KNOWN_COMPLAINTS = [
  'bad directive or wrong number of arguments',
  'wrong number of arguments',
  "argument couldn't be parsed into an integer",
  'argument must be a memory value',
  'unbalanced quotes in configuration line',
];

/** The lines that a server writes which found no append-only file and began one: whatever dump there is, it is passed over. */
const BEGAN_AOF =
  /^(Creating AOF (base|incr) file [\w.-]+ on server start|DB loaded from append only file: [\d.]+ seconds)$/;

export const beganAppendOnly = (log: readonly string[]): string[] =>
  log.map(message).filter(line => BEGAN_AOF.test(line));
