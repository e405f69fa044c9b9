/**
 * What a command that drills nothing takes from restore-drill.yml: the names of the backups, and where their history is
 * kept. In: the file that a flag names, or the one that lies here. Out: `null` where there is none. The rest of the file
 * is not judged.
 */
import {z} from 'zod';
import {DEFAULT_CONFIG, readConfig} from './entries.ts';
import {historyFor} from './history.ts';
import {plainDocument} from './plain-yaml.ts';
import {problemsError, problemsOf} from './problems.ts';

export type ListedBackups = {
  file: string;
  names: string[];
  /** Places, each once. */
  histories: string[];
};

const listedSchema = z.looseObject({
  history: z.unknown().optional(),
  backups: z.array(z.looseObject({name: z.string().min(1), history: z.unknown().optional()})).min(1),
});

const placeSchema = z.looseObject({at: z.string().min(1)});

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
  const places = data.backups.map(({history}) => historyFor(history, data.history).history);
  const histories = places.flatMap(place => placeSchema.safeParse(place).data?.at ?? []);
  return {file, names: [...new Set(data.backups.map(({name}) => name))], histories: [...new Set(histories)]};
}
