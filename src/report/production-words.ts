/**
 * The restore with production's own redis.conf in sentences, the same for every rendering. In: that part of a report. Out:
 * what came of it, and what the throwaway server was given otherwise than the file says; text as it is, not yet made safe.
 */
import type {DrillReport} from './drill-report.ts';
import {count, inWords} from './wording.ts';

type Production = NonNullable<DrillReport['production']>;

/** Lines of a file that are named one by one. */
const MAX_LINES = 8;

/** `matrix`: of several servers the first that is not optional is the drill's own, and restores so. */
export function productionSentence(production: Production, matrix: DrillReport['matrix'] = []): string {
  const on = matrix.length > 1 ? `; on ${matrix[0]!.image} only` : '';
  return sentenceOf(production) + on;
}

function sentenceOf({config, notHeld, load, census, dumpIgnored, aof, durationMs}: Production): string {
  const took = `, in ${inWords(durationMs)}`;
  const empty = 'a server comes up empty';
  const {ignored} = aof ?? {};
  const found = ignored
    ? `${ignored.keys > 0 ? 'a server comes up with something else' : empty}; once it finds the append-only file, `
    : '';
  const first = `${config}: ${dumpIgnored === null ? found : `${empty}; once appendonly is off, `}`;
  if (census) return `${first}${count(census.keys, 'key')} restored${took}`;
  if (notHeld !== undefined) return `${first}not held`;
  return `${first}${load?.status === 'silent-empty' ? empty : 'no server comes up'}${took}`;
}

/** `bind, port (redis.conf:3, 7): the throwaway server has no network`. */
export function changesInWords({changed}: Production): string[] {
  const reasons = Map.groupBy(changed, ({because}) => because);
  return [...reasons].map(([because, changes]) => {
    const names = [...new Set(changes.map(({directive}) => directive))].toSorted();
    return `${names.join(', ')} (${origins(changes)}): ${because}`;
  });
}

function origins(changes: Production['changed']): string {
  const files = Map.groupBy(changes, ({origin}) => origin.replace(/:\d+$/, ''));
  const places = [...files].map(([file, lines]) => {
    const numbers = lines.map(({origin}) => origin.slice(file.length + 1));
    const more = numbers.length > MAX_LINES ? ', …' : '';
    return `${file}:${numbers.slice(0, MAX_LINES).join(', ')}${more}`;
  });
  return places.join('; ');
}
