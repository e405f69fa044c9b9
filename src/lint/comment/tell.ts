/**
 * The comment of a step, when its verdict is out and stands, whatever becomes of this. In: a page, what the runner says of
 * the run, and its words. Out: a comment, and a line in the log or an annotation that says what came of it.
 */
import {printableLines} from '../../report/printable.ts';
import {eventIn, surroundingsIn} from '../../surroundings.ts';
import {type CommentPage, commentOn} from './comment-step.ts';

type Annotate = (message: string, place: {title: string}) => void;
type Runner = {info(text: string): void; notice: Annotate; warning: Annotate};
type Run = {env: Record<string, string | undefined>; signal: AbortSignal; runner: Runner};

/** `null`: nobody has asked for one. */
export async function tellPullRequest(
  page: CommentPage | null,
  files: readonly string[],
  {env, signal, runner}: Run,
): Promise<void> {
  if (page === null) return;
  const {environment = {}} = surroundingsIn(env);
  const started = {eventName: env.GITHUB_EVENT_NAME ?? '', event: await eventIn(env), environment, signal};
  const {level, message} = await commentOn(page, files, started);
  const text = printableLines(message).join('\n');
  const title = 'Lint: comment';
  if (level === 'info') runner.info(text);
  else if (level === 'notice') runner.notice(text, {title});
  else runner.warning(text, {title});
}
