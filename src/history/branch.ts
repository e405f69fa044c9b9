/**
 * A history on a branch of its own, of the repository that is checked out: each record is a commit that adds one file. A
 * push that comes too late is made anew on what came first, so that of drills that end at once none is lost. The work tree,
 * the index and other branches are never touched; a branch that is no history is refused.
 */
import {randomBytes} from 'node:crypto';
import {mkdtemp, rm} from 'node:fs/promises';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {cancelled, DrillError} from '../errors.ts';
import {Git, type GitDeps} from './git.ts';
import type {Shelf, Text} from './store.ts';

const REMOTE = 'origin';
/** Says that a branch is a history; nothing is ever written on one without it. */
const MARKER = '.restore-drill-history';
const MARKED =
  'Records of restore drills, one file each: written by restore-drill, read by its trends and gate.\n';
/** The same as git does; and none that is taken for an option. */
const NAME = /^(?!.*(\.\.|\/\/|\.lock(\/|$)|\/\.))[A-Za-z0-9_][\w./-]*(?<![./])$/;

/** Each time somebody else was first; with pauses, so that many that start together do not stay together. */
const ATTEMPTS = 40;
const PAUSE_MS = 50;
const MAX_PAUSE_MS = 2_000;

export type BranchDeps = GitDeps & {tempDir: string};

export function branchShelf(name: string, deps: BranchDeps): Shelf {
  if (!NAME.test(name) || name === 'HEAD') {
    throw new DrillError('usage/invalid', 'the history names no branch that git would take', {
      hint: 'Write for example branch:restore-drill-history: a branch that holds nothing else.',
    });
  }
  return new Branch(name, deps);
}

type Change = {add?: {name: string; text: string}; remove?: string[]};

/** A commit, by a name of our own that keeps it: several drills may use one clone, and git sweeps away what no name holds. */
type Held = {ref: string} & AsyncDisposable;

class Branch implements Shelf {
  readonly place: string;
  readonly #ref: string;
  readonly #git: Git;
  readonly #deps: BranchDeps;
  /** The last commit that was listed or pushed. */
  #commit: string | null = null;

  constructor(name: string, deps: BranchDeps) {
    this.place = `branch:${name}`;
    this.#ref = `refs/heads/${name}`;
    this.#git = new Git(this.place, deps);
    this.#deps = deps;
  }

  async list(directory?: string, {lately = false} = {}): Promise<string[]> {
    if (!lately || this.#commit === null) {
      await using base = await this.#fetch();
      this.#commit = base && (await this.#git.ask(['rev-parse', '--verify', `${base.ref}^{commit}`]));
    }
    if (this.#commit === null) return [];
    const below = directory === undefined ? [] : ['--', `${directory}/`];
    const args = ['ls-tree', '-r', '-z', '--name-only', '--full-tree', this.#commit, ...below];
    const names = (await this.#git.ask(args)).split('\0');
    // Of the form of a record none has a control character; in a batch they would be taken for several.
    return names.filter(name => name !== '' && !/\p{Cc}/u.test(name));
  }

  async get(names: string[]): Promise<(Text | null)[]> {
    if (names.length === 0 || this.#commit === null) return names.map(() => null);
    const input = names.map(name => `${this.#commit}:${name}\n`).join('');
    const args = ['cat-file', '--batch'];
    const ended = await this.#git.run(args, {input});
    if (ended.exitCode !== 0) throw this.#git.failed(args, ended);
    return textsOf(ended.out, names.length);
  }

  async put(name: string, text: string): Promise<void> {
    await this.#change({add: {name, text}});
  }

  async remove(names: string[]): Promise<void> {
    await this.#change({remove: names});
  }

  /** The newest commit; `null`: there is no such branch yet. */
  async #fetch(): Promise<Held | null> {
    const ref = `refs/restore-drill/${randomBytes(8).toString('hex')}`;
    // Neither FETCH_HEAD nor what the clone remembers of the remote: drills in one clone would be in each other's way.
    const quietly = ['--quiet', '--no-tags', '--no-write-fetch-head', '--no-auto-gc', '--refmap='];
    const args = ['fetch', ...quietly, REMOTE, `+${this.#ref}:${ref}`];
    const ended = await this.#git.run(args);
    if (/couldn't find remote ref/.test(ended.said)) return null;
    if (ended.exitCode !== 0) throw this.#git.failed(args, ended);
    const held = {
      ref,
      [Symbol.asyncDispose]: async () => void (await this.#git.run(['update-ref', '-d', ref])),
    };
    const marked = await this.#git.run(['cat-file', '-e', `${ref}:${MARKER}`]);
    if (marked.exitCode === 0) return held;
    await held[Symbol.asyncDispose]();
    throw new DrillError('usage/invalid', `${this.place} is no history: it holds other things`, {
      hint: 'Name a branch that does not exist yet; the first drill makes it.',
    });
  }

  async #change(change: Change): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      await using base = await this.#fetch();
      const commit = await this.#make(base?.ref ?? null, change, attempt > 1);
      // All is as it should be: an earlier push arrived, though its answer did not.
      if (commit === null) return;
      if (await this.#pushed(base !== null, commit, attempt === ATTEMPTS)) {
        this.#commit = commit;
        return;
      }
      const pause = Math.min(MAX_PAUSE_MS, PAUSE_MS * 1.5 ** attempt) * (0.5 + Math.random());
      const {signal} = this.#deps;
      await sleep(pause, undefined, signal && {signal}).catch(() => {
        throw cancelled();
      });
    }
  }

  /** A commit on top of `base`; `null` where nothing would change, which is only looked at in a second try. */
  async #make(base: string | null, {add, remove = []}: Change, again: boolean): Promise<string | null> {
    const directory = await mkdtemp(join(this.#deps.tempDir, 'restore-drill-history-'));
    const env = {GIT_INDEX_FILE: join(directory, 'index')};
    const write = (text: string) => this.#git.ask(['hash-object', '-w', '--stdin'], {input: text});
    try {
      if (base !== null) await this.#git.ask(['read-tree', base], {env});
      const added = add ? [`100644 ${await write(add.text)}\t${add.name}`] : [];
      const marker = base === null ? [`100644 ${await write(MARKED)}\t${MARKER}`] : [];
      const removed = remove.map(name => `0 ${'0'.repeat(40)}\t${name}`);
      const input = `${[...marker, ...added, ...removed].join('\0')}\0`;
      await this.#git.ask(['update-index', '-z', '--index-info'], {input, env});
      const tree = await this.#git.ask(['write-tree'], {env});
      if (again && base !== null && tree === (await this.#git.ask(['rev-parse', `${base}^{tree}`])))
        return null;
      const message = add
        ? `Record a drill of ${add.name.split('/')[0]} [skip ci]`
        : 'Thin the history [skip ci]';
      const parents = base === null ? [] : ['-p', base];
      return await this.#git.ask(['commit-tree', tree, ...parents, '-m', message]);
    } finally {
      await rm(directory, {recursive: true, force: true});
    }
  }

  /** False: somebody else was first. */
  async #pushed(exists: boolean, commit: string, last: boolean): Promise<boolean> {
    // Only ever on top of what is there, or where there is nothing: never over anything.
    const lease = exists ? [] : [`--force-with-lease=${this.#ref}:`];
    const args = ['push', '--porcelain', '--no-verify', ...lease, REMOTE, `${commit}:${this.#ref}`];
    const ended = await this.#git.run(args);
    if (ended.exitCode === 0) return true;
    const refusal = /^!\t.*$/m.exec(ended.out.toString('utf8'))?.[0];
    const declined = refusal !== undefined && /declined|protected|denied|not allowed/i.test(refusal);
    if (declined) throw this.#git.unavailable('the remote refuses the push: is the branch protected?');
    if (refusal === undefined || last) throw this.#git.failed(args, ended);
    return false;
  }
}

/** `<object> blob <size>\n<bytes>\n` of each that there is. */
function textsOf(out: Buffer, count: number): (Text | null)[] {
  const texts: (Text | null)[] = [];
  let at = 0;
  while (texts.length < count) {
    const end = out.indexOf('\n', at);
    const [, type, size] = /^[0-9a-f]+ (\w+) (\d+)$/.exec(out.toString('utf8', at, end)) ?? [];
    at = end + 1;
    if (type === undefined) {
      texts.push(null);
      continue;
    }
    texts.push(
      type === 'blob' ? {text: out.toString('utf8', at, at + Number(size))} : {because: 'it is no file'},
    );
    at += Number(size) + 1;
  }
  return texts;
}
