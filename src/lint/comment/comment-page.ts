/** The page of a step as its comment has it: bounded as GitHub wants, and whether it is worth telling anybody. */
import type {Linted} from '../lint.ts';
import {lintPage} from '../report/lint-view.ts';
import {isShown, summaryRows} from '../report/wording.ts';
import type {CommentPage} from './comment-step.ts';

/** GitHub takes 65,536 characters; marker and footer want some, and no character is less than a byte. */
const MAX_BYTES = 64_000;

export const commentPage = (linted: Linted, docsUrl: string | undefined): CommentPage => ({
  markdown: lintPage(linted, {maxBytes: MAX_BYTES, docsUrl}),
  worth: isWorth(linted),
});

/** What was there before is told where people look, and sent to nobody. */
const isWorth = ({findings, summaries}: Linted): boolean =>
  findings.some(finding => isShown(finding) && finding.direction !== 'same') ||
  // What was measured is never the same twice; what that means is a finding.
  summaries.some(({proof: _, ...read}) =>
    summaryRows(read).some(({before, after}) => before !== null && before !== after),
  );
