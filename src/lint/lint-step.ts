/** Lint as a step of a workflow: files in, what is to be shown out, also where nothing could be linted. Never rejects. */
import {toDrillError} from '../errors.ts';
import type {Paint} from '../report/text.ts';
import {lintFiles} from './lint-command.ts';
import type {LintFlags} from './lint-options.ts';
import type {ProveDeps} from './prove/prove-linted.ts';
import {lintReport} from './report/json.ts';
import {viewOfLint, viewOfNothing} from './report/lint-view.ts';
import {writeReports} from './report-files.ts';

type Look = {paint: Paint; maxBytes: number; docsUrl?: string};

export async function lintStep(files: string[], flags: LintFlags, deps: ProveDeps, look: Look) {
  try {
    const linted = await lintFiles(files, flags, deps);
    const {unwritten} = await writeReports(linted, flags, look.docsUrl);
    return {...viewOfLint(linted, look), report: lintReport(linted), unwritten};
  } catch (thrown) {
    return {...viewOfNothing(toDrillError(thrown)), report: {outcome: 'not-run'}, unwritten: undefined};
  }
}
