/**
 * Who holds a drill, by what a workflow's runner says of itself. Elsewhere nobody does: what is not said whole is not
 * said at all. Source: https://docs.github.com/actions/reference/workflows-and-actions/variables
 */
import {type HeldBy, heldBySchema} from './record.ts';

export function heldByIn(env: (name: string) => string | undefined): HeldBy | undefined {
  return heldBySchema.safeParse({
    repository: env('GITHUB_REPOSITORY') || undefined,
    workflowRef: env('GITHUB_WORKFLOW_REF') || undefined,
    runId: env('GITHUB_RUN_ID'),
    runAttempt: Number(env('GITHUB_RUN_ATTEMPT')),
    sha: env('GITHUB_SHA'),
  }).data;
}
