/** Everything that is wrong with a config at once, each with the place where it was written. */
import type {z} from 'zod';
import {type DrillCode, DrillError, type Problem, problemText} from '../errors.ts';

export type {Problem} from '../errors.ts';

const UNFIT: {code: DrillCode; hint: string} = {
  code: 'config/invalid',
  hint: 'Nothing was started. docs/configuration.md describes every key; schema/config.json lets an editor check them.',
};

export function problemsError(problems: Problem[], {code, hint} = UNFIT): DrillError {
  const lines = problems.map(problemText);
  const message =
    lines.length === 1
      ? lines[0]!
      : `${lines.length} problems:\n${lines.map(line => `  ${line}`).join('\n')}`;
  return new DrillError(code, message, {hint, problems});
}

export function problemsOf(error: z.ZodError, originOf: (path: PropertyKey[]) => string): Problem[] {
  return error.issues
    .flatMap(issue => flatten(issue))
    .map(({path, message}) => {
      const where = path.map(String).join('.');
      return {origin: originOf(path), message: where === '' ? message : `${where}: ${message}`};
    });
}

/** Of a union's branches the one that got furthest says what is wrong; unions of scalars speak for themselves. */
function flatten(issue: z.core.$ZodIssue): {path: PropertyKey[]; message: string}[] {
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(key => ({path: [...issue.path, key], message: 'unknown key'}));
  }
  if (issue.code === 'invalid_union') {
    const nested = issue.errors.flat().filter(inner => inner.code !== 'invalid_type');
    const [first] = nested;
    return [{path: issue.path, message: first?.message ?? issue.message}];
  }
  return [{path: issue.path, message: issue.message}];
}
