/**
 * One comment of ours on a pull request, kept up to date. In: a page, and the comments that there are. Out: what was done.
 * Two runs may do this at the same time: each looks again after it has made one, the oldest is kept, the others are
 * removed, and who writes last is read.
 */
import {createHash} from 'node:crypto';
import type {GitHubComment} from '../../source/github-comments.ts';

export type Comments = {
  /** Oldest first. */
  all(): Promise<GitHubComment[]>;
  login(): Promise<string | null>;
  create(body: string): Promise<void>;
  update(id: number, body: string): Promise<boolean>;
  remove(id: number): Promise<boolean>;
};

export type Done = 'created' | 'updated' | 'none';

/** Somebody may remove what is about to be updated; not again and again. */
const MAX_ROUNDS = 4;

/** First of all in the body, where nobody sees it. `of`: what tells two of ours apart. */
export const markerOf = (of: readonly string[]): string =>
  `<!-- redis-restore-drill lint ${createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 16)} -->`;

/** `worth`: whether one is made where there is none. */
export async function keepOneComment(
  comments: Comments,
  {marker, page, worth}: {marker: string; page: string; worth: boolean},
): Promise<Done> {
  const body = `${marker}\n${page}`;
  let created = false;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const [kept, ...others] = await ours(comments, marker);
    for (const {id} of others) await comments.remove(id);
    if (kept === undefined) {
      // A list may lag behind: made once is enough.
      if (created) return 'created';
      if (!worth) return 'none';
      await comments.create(body);
      created = true;
    } else if (kept.body?.trim() === body.trim() || (await comments.update(kept.id, body)))
      return created ? 'created' : 'updated';
  }
  throw new Error('somebody else removes the comment as often as it is made');
}

/**
 * By the marker, which anybody can copy: only of an app, as the token of a workflow is, or of the very user whose token this
 * is. What a stranger wrote is not ours to update: they could go on editing it.
 */
async function ours(comments: Comments, marker: string): Promise<GitHubComment[]> {
  const marked = (await comments.all()).filter(({body}) => body?.startsWith(marker));
  if (marked.every(({user}) => user?.type === 'Bot')) return marked;
  const login = await comments.login();
  return marked.filter(({user}) => user?.type === 'Bot' || (user && user.login === login));
}
