/**
 * `restore-drill lint`: files and directories in, a report out, 4 where a rule of severity error holds or the change makes
 * it worse. Reads only; nothing that it reads is executed, and no link leads it out of the working directory.
 */
import {lstat, readdir, readFile, realpath} from 'node:fs/promises';
import {dirname, join, relative, resolve, sep} from 'node:path';
import {z} from 'zod';
import type {Io} from '../commands.ts';
import {DEFAULT_CONFIG} from '../config/entries.ts';
import {plainDocument} from '../config/plain-yaml.ts';
import {problemsError, problemsOf} from '../config/problems.ts';
import {DrillError, EXIT} from '../errors.ts';
import {printable} from '../report/printable.ts';
import {findIn, OTHER_LANGUAGES} from './homes/find.ts';
import {failing, type Linted, type LintJob, lint, type Side} from './lint.ts';
import {type LintConfig, lintConfigSchema} from './lint-config.ts';
import {FORMATS, type LintFlags} from './lint-options.ts';
import type {ProveDeps} from './prove/prove-linted.ts';
import {renderLintGithub} from './report/github.ts';
import {lintReport} from './report/json.ts';
import {lintJunit} from './report/junit.ts';
import {lintSarif} from './report/sarif.ts';
import {renderLintText} from './report/text.ts';
import {asJson, writeReports} from './report-files.ts';
import type {Target} from './setting.ts';

/** Nothing in them is ours, and some of them are large. */
const NOT_OURS = new Set([
  '.git',
  'node_modules',
  'vendor',
  '.terraform',
  'dist',
  'build',
  'target',
  '.venv',
]);
const MAX_FILES = 100_000;

export async function lintCommand(files: string[], flags: LintFlags, io: Io): Promise<number> {
  const {format = 'text'} = flags;
  if (!FORMATS.includes(format))
    throw usage(`--format: there is no format ${format}`, `Write one of ${FORMATS.join(', ')}.`);
  const linted = await lintFiles(files, flags, io.deps);
  const {unwritten} = await writeReports(linted, flags);
  io.out(render(linted, format, io));
  const fails = failing(linted).length > 0;
  // The verdict is out: what fails still does, whatever became of its reports.
  if (unwritten && !fails) throw unwritten;
  if (unwritten) io.log(`error: ${printable(unwritten.message)}\n`);
  return fails ? EXIT.failed : EXIT.passed;
}

/** Throws DrillError where the usage is wrong, nothing can be read, or what was to be proved cannot be. */
export async function lintFiles(
  files: string[],
  flags: Omit<LintFlags, 'format'>,
  deps: ProveDeps,
): Promise<Linted> {
  if (files.length === 0) throw usage('no file is named', 'Name a file, or a directory such as `.`.');
  if (flags.base !== undefined && files.length !== 1)
    throw usage(
      '--base stands for one file or one directory',
      'Lint the files one by one, or name their directory.',
    );
  if (flags.image !== undefined && !flags.prove)
    throw usage('--image is the server to prove it on', 'Ask for that with --prove.');
  const job = jobOf(await readLintConfig(flags.config));
  const head = await readSide(files, [], flags.base);
  if (head.configurations.length === 0 && head.scripts.length === 0)
    throw usage(
      `no Redis or Valkey configuration in ${files.join(', ')}`,
      'Name a redis.conf, a compose file, a ConfigMap, values of a chart or a script.',
    );
  const base = flags.base === undefined ? null : await readSide([flags.base], files);
  const linted = lint(head, base, job);
  if (!flags.prove) return linted;
  const {proveLinted} = await import('./prove/prove-linted.ts');
  const image = flags.image ?? 'auto';
  return await proveLinted(linted, head, {image, registry: null, writeRate: job.writeRate}, deps);
}

const usage = (message: string, hint: string): DrillError => new DrillError('usage/invalid', message, {hint});

function render(linted: Linted, format: string, {paint}: Io): string {
  if (format === 'json') return asJson(lintReport(linted));
  if (format === 'sarif') return asJson(lintSarif(linted));
  if (format === 'junit') return lintJunit(linted);
  return format === 'github' ? renderLintGithub(linted) : renderLintText(linted, paint);
}

const sectionSchema = z.looseObject({lint: lintConfigSchema.prefault({})});

async function readLintConfig(path: string | undefined): Promise<LintConfig> {
  const file = path ?? DEFAULT_CONFIG;
  const refused = (why: string, cause?: unknown) =>
    new DrillError('config/invalid', `${file} cannot be read (${why})`, {
      hint: 'Is the path right, seen from the working directory?',
      cause,
    });
  // What is wrong with a config is told with words of it, and of another file those are nobody's business.
  if (await leadsOut(file)) throw refused(LEADS_OUT);
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (path === undefined && cause.code === 'ENOENT') return null;
    throw refused(cause.code ?? 'unknown error', cause);
  });
  if (text === null) return {};
  const {errors, value, lineOf} = plainDocument(text);
  if (errors.length > 0)
    throw problemsError(
      errors.map(({line, message}) => ({origin: line === null ? file : `${file}:${line}`, message})),
    );
  const parsed = sectionSchema.safeParse(value);
  if (parsed.success) return parsed.data.lint;
  throw problemsError(problemsOf(parsed.error, path => `${file}:${lineOf(path)}`));
}

function jobOf(config: LintConfig): LintJob {
  const [product, line] = config.server?.split(':') ?? [];
  const maxLoss = config['max-loss'];
  return {
    maxLoss: maxLoss === undefined ? null : maxLoss / 1000,
    writeRate: config['write-rate'] ?? null,
    target: line === undefined ? null : {product: product as Target['product'], line},
  };
}

/** Of a base, paths are told as those of the head that they stand for. */
async function readSide(
  named: readonly string[],
  standFor: readonly string[],
  without?: string,
): Promise<Side> {
  const side: Side = {configurations: [], scripts: [], texts: new Map()};
  for (const [index, name] of named.entries()) {
    const {paths, root} = await pathsOf(name, without);
    for (const path of paths) {
      const found = await findIn(path, root);
      if ('unreadable' in found) {
        if (path === name) throw unreadable(path, found.unreadable);
        continue;
      }
      const {configurations, scripts} = found;
      if (configurations.length === 0 && scripts.length === 0) continue;
      const shown = standFor[index] === undefined ? path : join(standFor[index], relative(name, path));
      side.configurations.push(...configurations.map(each => ({...each, file: shown})));
      side.scripts.push(...scripts);
      for (const file of [path, ...configurations.flatMap(({files}) => files)]) {
        if (!side.texts.has(file)) side.texts.set(file, await readFile(file, 'utf8').catch(() => ''));
      }
    }
  }
  return side;
}

const unreadable = (path: string, code: string): DrillError =>
  code === 'EACCES' || code === 'EPERM'
    ? new DrillError('source/unreadable', `${path} cannot be read (${code})`, {
        hint: 'May this user read it?',
      })
    : usage(`${path} cannot be read (${code})`, 'Is the path right, seen from the working directory?');

const LEADS_OUT = 'a link leads out of the working directory';

/** By a link of the repository, also of a directory above it. A file elsewhere was named by whoever runs this. */
async function leadsOut(name: string): Promise<boolean> {
  if (!resolve(name).startsWith(process.cwd() + sep)) return false;
  const real = await realpath(name).catch(() => resolve(name));
  return !real.startsWith((await realpath(process.cwd())) + sep);
}

/** All files of a directory, links left out: who wrote them may not be trusted to know where they lead. */
async function pathsOf(name: string, without?: string): Promise<{paths: string[]; root: string}> {
  const stats = await lstat(name).catch((cause: NodeJS.ErrnoException) => {
    throw unreadable(name, cause.code ?? 'unknown error');
  });
  if (await leadsOut(name)) throw unreadable(name, LEADS_OUT);
  if (!stats.isDirectory()) {
    const real = await realpath(name).catch(() => resolve(name));
    const workspace = await realpath(process.cwd());
    return {paths: [name], root: real.startsWith(workspace + sep) ? workspace : dirname(real)};
  }
  const paths: string[] = [];
  const walk = async (directory: string): Promise<void> => {
    const entries = await readdir(directory, {withFileTypes: true}).catch(() => []);
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(directory, entry.name);
      // A base that was checked out beside the rest is none of it.
      const apart = without !== undefined && resolve(path) === resolve(without);
      if (NOT_OURS.has(entry.name) || apart || paths.length >= MAX_FILES) continue;
      if (entry.isDirectory()) await walk(path);
      // Of a language that is no shell's nothing is read, but what a server said may have been saved as text.
      else if (entry.isFile() && (!OTHER_LANGUAGES.test(path) || path.endsWith('.txt'))) paths.push(path);
    }
  };
  await walk(name);
  return {paths, root: await realpath(name)};
}
