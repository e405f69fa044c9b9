/** Lint as a step of a workflow: files in, what is to be shown out, also where nothing could be linted. Never rejects. */
import {truthOf} from '../config/truth.ts';
import {toDrillError} from '../errors.ts';
import type {Paint} from '../report/text.ts';
import {commentPage} from './comment/comment-page.ts';
import type {CommentPage} from './comment/comment-step.ts';
import {lintFiles} from './lint-command.ts';
import type {LintFlags} from './lint-options.ts';
import type {ProveDeps} from './prove/prove-linted.ts';
import {lintReport} from './report/json.ts';
import {viewOfLint, viewOfNothing} from './report/lint-view.ts';
import {writeReports} from './report-files.ts';

type Look = {paint: Paint; maxBytes: number; docsUrl?: string};
type Inputs = Omit<LintFlags, 'prove'> & {prove?: string | undefined; comment?: string | undefined};

/** `comment`: the page for the pull request, where that is asked for. */
export async function lintStep(
  files: string[],
  {prove, comment, ...flags}: Inputs,
  deps: ProveDeps,
  look: Look,
) {
  try {
    const comments = truthOf('comment', comment);
    const linted = await lintFiles(files, {...flags, prove: truthOf('prove', prove)}, deps);
    const {unwritten} = await writeReports(linted, flags, look.docsUrl);
    const page = comments ? commentPage(linted, look.docsUrl) : null;
    return {...viewOfLint(linted, look), report: lintReport(linted), unwritten, comment: page};
  } catch (thrown) {
    const view = viewOfNothing(toDrillError(thrown));
    // It takes the place of an older page, which is true no more; nobody is told by a new one.
    const page: CommentPage | null = comment === 'true' ? {markdown: view.summary, worth: false} : null;
    return {...view, report: {outcome: 'not-run'}, unwritten: undefined, comment: page};
  }
}
