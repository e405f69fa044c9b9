/** DEBUG needs a directive from 7.0 on, and servers before 7.0 die of it: where the line is not known, the first try finds out. */
import {diedOfUnknownDirective} from '../redis/load-log.ts';
import {compareLines, type ServerLine} from '../redis/server-line.ts';
import {EndedEarly, type Throwaway} from './throwaway.ts';

export async function startWithDebug(
  line: ServerLine | null,
  start: (debugCommand: boolean) => Promise<Throwaway>,
): Promise<Throwaway> {
  const knowsDirective = line === null || compareLines(line, {...line, major: 7, minor: 0}) >= 0;
  try {
    return await start(knowsDirective);
  } catch (error) {
    const tryWithout = knowsDirective && error instanceof EndedEarly && diedOfUnknownDirective(error.log);
    if (!tryWithout) throw error;
    return await start(false);
  }
}
