/**
 * `--set KEY=VALUE`, and how a flag comes to stand in the place of a value of the config: by its path, one name after the
 * other. Whatever is no setting is not repeated in a message.
 */
import {plainValue} from './plain-yaml.ts';

export type Path = readonly PropertyKey[];

/** Names between dots. */
const SETTING = /^([\w-]+(?:\.[\w-]+)*)=(.*)$/s;

/** What is no setting may be a secret that went astray: of such a text only a key of the config is repeated. */
export const keyOfSetting = (text: string): string =>
  SETTING.exec(text)?.[1] ??
  /^(name|source|store|select|max-age|load|depth|proof|decrypt|unpack|server|budget|ignore|expect|history|trend)(\.[\w-]+)*$/.exec(
    text,
  )?.[0] ??
  '(not shown)';

export function parseSet(text: string): {path: string[]; value: unknown} | {problem: string} {
  const [, key, value] = SETTING.exec(text) ?? [];
  if (key === undefined) return {problem: 'is not KEY=VALUE, for example --set expect.keys.min=1000'};
  try {
    return {path: key.split('.'), value: plainValue(value!)};
  } catch {
    return {problem: 'its value is no YAML: quote it'};
  }
}

/** Answers which groups it had to make on the way, and what is wrong, if anything is. */
export function setIn(
  target: Record<string, unknown>,
  path: string[],
  value: unknown,
): {made: string[]; problem?: string} {
  const made: string[] = [];
  let at = target;
  for (const [index, key] of path.slice(0, -1).entries()) {
    if (!Object.hasOwn(at, key)) {
      define(at, key, {});
      made.push(dotted(path.slice(0, index + 1)));
    }
    const next = at[key];
    if (typeof next !== 'object' || next === null) {
      return {made, problem: `${key} is a value, not a group of settings`};
    }
    at = next as Record<string, unknown>;
  }
  define(at, path.at(-1)!, value);
  return {made};
}

export const dotted = (path: Path): string => path.map(String).join('.');

/** Not by assignment, which would take `__proto__` for something else than an unknown key. */
function define(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, {value, enumerable: true, configurable: true, writable: true});
}
