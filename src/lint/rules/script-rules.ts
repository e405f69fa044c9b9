/**
 * Whether a script takes its copies safely. In: commands of shells, wherever they stand (scripts, crontabs, units, jobs of
 * Kubernetes and workflows), and the configurations beside them. Out: issues at the copying command. It reads order, not
 * control flow: a script that waits anywhere between BGSAVE and the copy is believed.
 */
import {confText} from '../../redis/conf.ts';
import type {Issue, Reading} from '../finding.ts';
import type {Script} from '../homes/find.ts';
import {shellCommands, type Word} from '../homes/words.ts';

const COPIERS =
  /(?:^|\/)(?:cp|mv|rsync|scp|tar|zip|gzip|zstd|xz|aws|gsutil|gcloud|az|rclone|restic|borg|mc|s3cmd)$/;
const WAITS = /lastsave|rdb_bgsave_in_progress|rdb_last_bgsave|rdb_last_save/i;
const STOPS =
  /\b(?:systemctl|service|docker|compose|podman)\b.*\b(?:stop|down|kill|pause)\b|\bshutdown\b|--replicas[= ]0/i;
const AOF = /appendonly\S*\.aof|appendonlydir/i;
/** Where servers keep their data, by Debian, by the official images, and by habit. */
const LIVE_DIRECTORY =
  /^(?:[\w-]+:)?\/(?:var\/lib\/(?:redis|valkey)|data(?:\/(?:redis|valkey))?)(?:\/data)?\/?\.?$/;
const SHELL = /(?:^|\/)(?:sh|bash|ash|dash)$/;

/** `A=$A$A` on line after line would fill the memory. */
const MAX_VALUE = 1024;

type Copy = {command: Word[]; text: string; sources: string[]};

export function scriptIssues(script: Script, readings: readonly Reading[]): Issue[] {
  const commands = withVariables(shellCommands(script.text, script.place).flatMap(unfolded));
  const issues: Issue[] = [];
  let directory = '';
  let saving: 'asked' | 'waited' | null = null;
  let stopped = false;
  let rewriteHeld = false;
  for (const command of commands) {
    const text = command.map(({text}) => text).join(' ');
    if (/\bbgsave\b/i.test(text) && !/^(echo|printf|log)/.test(text)) saving = 'asked';
    else if (saving === 'asked' && WAITS.test(text)) saving = 'waited';
    if (STOPS.test(text)) stopped = true;
    if (/auto-aof-rewrite-percentage 0|aof_rewrite_in_progress/i.test(text)) rewriteHeld = true;
    if (command[0]!.text === 'cd' && command[1]) directory = command[1].text;
    const copy = copyOf(command, text, directory);
    if (copy === null || stopped) continue;
    if (saving === 'asked' && copy.sources.some(source => /\.rdb\b/.test(source)))
      issues.push(beforeSaved(copy));
    if (!rewriteHeld && copy.sources.some(source => AOF.test(source))) issues.push(liveAof(copy));
    if (copy.sources.some(source => LIVE_DIRECTORY.test(source))) issues.push(liveDirectory(copy));
    issues.push(...otherFile(copy, readings), ...neverWritten(copy, script.text, readings));
  }
  return [...issues, ...uncheckedTransfers(script)];
}

/** `sh -c "…"`, also behind docker exec or ssh: the commands in it, at its place. */
function unfolded(command: Word[]): Word[][] {
  const shell = command.findIndex(({text}) => SHELL.test(text));
  const flag = command.findIndex(({text}, index) => index > shell && /^-[a-z]*c$/.test(text));
  const inner = shell >= 0 && flag >= 0 ? command[flag + 1] : undefined;
  return inner ? shellCommands(inner.text, inner) : [command];
}

/** What the script itself says of its variables; the last word counts. */
function withVariables(commands: readonly Word[][]): Word[][] {
  const variables = new Map<string, string>();
  return commands.map(command => {
    const expand = (text: string) =>
      text.replace(
        /\$\{?([A-Za-z_]\w*)(?::?-([^}]*))?\}?/g,
        (whole, name, usual) => variables.get(name) ?? usual ?? whole,
      );
    for (const {text} of command) {
      const [, name, value] = /^([A-Za-z_]\w*)=(.*)$/s.exec(text) ?? [];
      if (name !== undefined) variables.set(name, expand(value!).slice(0, MAX_VALUE));
    }
    return command.map(word => ({...word, text: expand(word.text)}));
  });
}

function copyOf(command: Word[], text: string, directory: string): Copy | null {
  const at = command.findIndex(({text}) => COPIERS.test(text));
  const args = command.slice(at + 1).filter(({text}) => !text.startsWith('-'));
  if (at < 0 || args.length === 0) return null;
  const words = args.map(({text}) => (/^\.\/?$/.test(text) ? directory : text));
  // `tar -C /data -czf out.tgz .` names what it packs last; whatever else copies names its target last.
  const packs = /(?:^|\/)(?:tar|zip|gzip|zstd|xz|restic|borg)$/.test(command[at]!.text);
  const reads = /\b(?:tar\s+-?[a-z]*x|--extract|gunzip|gzip\s+-d)/.test(text);
  return reads ? null : {command, text, sources: packs ? words : words.slice(0, -1)};
}

function issue({command, text}: Copy, said: Pick<Issue, 'rule' | 'severity' | 'message' | 'fix'>): Issue {
  const {file, line, column} = command[0]!;
  return {...said, place: {file, line, column}, subject: text, measure: 1, byDefault: false};
}

const beforeSaved = (copy: Copy): Issue =>
  issue(copy, {
    rule: 'lint/copy-before-saved',
    severity: 'error',
    message: 'the dump is copied while BGSAVE may still be running: the copy is the dump before it',
    fix: 'Read LASTSAVE before BGSAVE, wait until it changes, and check rdb_last_bgsave_status. A fixed sleep is no proof.',
  });

const liveAof = (copy: Copy): Issue =>
  issue(copy, {
    rule: 'lint/copy-of-live-aof',
    severity: 'warning',
    message:
      'the append-only file is copied while the server may rewrite it: files and manifest may not fit together',
    fix: 'Set auto-aof-rewrite-percentage 0, wait until aof_rewrite_in_progress is 0, copy, and set it back.',
  });

const liveDirectory = (copy: Copy): Issue =>
  issue(copy, {
    rule: 'lint/copy-of-live-aof',
    severity: 'warning',
    message: 'the data directory of a running server is copied: what is being written is copied half',
    fix: 'Copy dump.rdb after BGSAVE has ended, or take the AOF with rewrites held.',
  });

const knownValues = (readings: readonly Reading[], name: string): string[] =>
  readings.flatMap(({effective}) => effective.values.get(name)?.text ?? []).map(confText);

/** Of all that the configurations beside it write, this is none. */
function otherFile(copy: Copy, readings: readonly Reading[]): Issue[] {
  const written = knownValues(readings, 'dbfilename');
  if (written.length === 0 || written.length < readings.length) return [];
  const dumps = copy.sources
    .map(source => source.split(/[/:]/).at(-1)!)
    .filter(name => /^[\w.-]+\.rdb$/.test(name));
  const [wrong] = dumps.filter(name => !written.includes(name));
  if (wrong === undefined) return [];
  const message = `${wrong} is copied, but the server writes ${[...new Set(written)].join(', ')}`;
  const fix = 'Copy what dbfilename says, or ask the server: CONFIG GET dbfilename.';
  return [issue(copy, {rule: 'lint/other-file-copied', severity: 'warning', message, fix})];
}

function neverWritten(copy: Copy, script: string, readings: readonly Reading[]): Issue[] {
  if (!copy.sources.some(source => /\.rdb$/.test(source)) || /\b(?:bg)?save\b|--rdb\b/i.test(script))
    return [];
  const saves = knownValues(readings, 'save');
  if (readings.length === 0 || saves.length < readings.length || saves.some(save => save !== '')) return [];
  const message =
    'the dump is copied, but save points are off and nothing here calls BGSAVE: it is an old one, or none';
  const fix = 'Call BGSAVE and wait for it before the copy, or back up the append-only file.';
  return [issue(copy, {rule: 'lint/dump-not-written', severity: 'warning', message, fix})];
}

function uncheckedTransfers({text, place}: Script): Issue[] {
  if (/pipefail/.test(text)) return [];
  return text.split('\n').flatMap((line, index) => {
    if (/^\s*#/.test(line) || !/(?:redis|valkey)-cli\b.*--rdb\b/.test(line)) return [];
    const rest = line.slice(line.indexOf('--rdb'));
    if (!/(?<!\|)\|(?!\|)|\|\|\s*(?:true|:)/.test(rest)) return [];
    const message =
      'redis-cli --rdb may break off, and what follows it hides that: half a dump passes for a backup';
    const fix = 'set -o pipefail, no `|| true`, and test the file: redis-check-rdb, or a drill.';
    const word: Word = {text: line, file: place.file, line: place.line + index, column: 1};
    const copy: Copy = {command: [word], text: line.trim(), sources: []};
    return [issue(copy, {rule: 'lint/unchecked-transfer', severity: 'warning', message, fix})];
  });
}
