/**
 * What a server that did not start had against its configuration file, so that it can be started without that and tell the
 * next. In: the settings that it got, and its log. Out: the lines that it refused, and the settings without them.
 */
import {confText, type Directive} from '../redis/conf.ts';
import {startTrouble} from '../redis/start-log.ts';
import {type Settings, without} from './production-settings.ts';

export type RefusedLines =
  /** A line of the file, or one of our own (`null`); there is nothing to go on with then. */
  | {kind: 'line'; directive: Directive | null; complaint: string; without: Settings | null}
  | {kind: 'module'; directives: Directive[]; without: Settings};

/** Of a line that the server does not know nothing is told but where it is: it may be a secret that went astray. */
const NOT_SHOWN = '(not shown)';

/** `null` where the log has nothing against the file. */
export function refusedLines(settings: Settings, log: readonly string[]): RefusedLines | null {
  const trouble = startTrouble(log);
  if (trouble?.kind === 'line') {
    const directive = settings.kept[trouble.line - 1] ?? null;
    const rest = directive && without(settings, [directive], NOT_SHOWN, 'the server refuses it');
    return {kind: 'line', directive, complaint: trouble.complaint, without: rest};
  }
  if (trouble?.kind !== 'module') return null;
  const absent = settings.kept.filter(
    ({name, args}) => name === 'loadmodule' && confText(args[0] ?? '') === trouble.path,
  );
  if (absent.length === 0) return null;
  const rest = without(settings, absent, 'loadmodule', 'the image has no such module');
  return {kind: 'module', directives: absent, without: rest};
}
