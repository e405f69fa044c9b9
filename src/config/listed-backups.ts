/**
 * What a command that drills nothing takes from restore-drill.yml: the names of the backups, and where their history is
 * kept. In: the file that a flag names, or the one that lies here. Out: `null` where there is none. The rest of the file
 * is not judged.
 */
import {z} from 'zod';
import type {HistoryPlace} from '../history/open-history.ts';
import {DEFAULT_CONFIG, readConfig} from './entries.ts';
import {historyFor, historyPlaceSchema} from './history.ts';
import {plainDocument} from './plain-yaml.ts';
import {problemsError, problemsOf} from './problems.ts';

export type ListedBackups = {
  file: string;
  names: string[];
  /** Each once. */
  histories: HistoryPlace[];
};

const listedSchema = z.looseObject({
  history: z.unknown().optional(),
  backups: z.array(z.looseObject({name: z.string().min(1), history: z.unknown().optional()})).min(1),
});

/** Throws DrillError `config/invalid`. */
export async function listedBackups(config: string | undefined): Promise<ListedBackups | null> {
  const file = config ?? DEFAULT_CONFIG;
  const text = await readConfig(config);
  if (text === null) return null;
  const {errors, value, lineOf} = plainDocument(text);
  if (errors.length > 0) {
    throw problemsError(
      errors.map(({line, message}) => ({origin: line === null ? file : `${file}:${line}`, message})),
    );
  }
  const {success, data, error} = listedSchema.safeParse(value);
  if (!success) throw problemsError(problemsOf(error, path => `${file}:${lineOf(path)}`));
  const places = data.backups.flatMap(({history}) => historyFor(history, data.history).history ?? []);
  const histories = onceEach(places).map(place => {
    const parsed = historyPlaceSchema.safeParse(place);
    if (parsed.success) return parsed.data;
    throw problemsError(problemsOf(parsed.error, () => `${file}: history`));
  });
  return {file, names: [...new Set(data.backups.map(({name}) => name))], histories: onceEach(histories)};
}

export const onceEach = <T>(values: T[]): T[] => [
  ...new Map(values.map(value => [JSON.stringify(value), value])).values(),
];
