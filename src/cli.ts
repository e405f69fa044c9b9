/**
 * The command line: argv and environment in, result on stdout, progress and errors on stderr, the exit code for the
 * machine. An edge: it may read process.env, and it alone decides what is printed. Commands are imported when they run.
 */
import {realpathSync} from 'node:fs';
import {dirname, join} from 'node:path';
import {Command, CommanderError} from 'commander';
import type {InspectFlags, Io} from './commands.ts';
import {type DrillError, EXIT, toDrillError} from './errors.ts';
import type {MergeFlags} from './fleet/hold-merge.ts';
import type {PlanFlags} from './fleet/make-plan.ts';
import type {GateFlags} from './gate/gate-flags.ts';
import {GATE_OPTIONS} from './gate/gate-options.ts';
import {LINT_OPTIONS, type LintFlags} from './lint/lint-options.ts';
import {assertNode} from './node-version.ts';
import {paintOn} from './paint.ts';
import {begin, end} from './process-life.ts';
import {progressOn} from './progress-view.ts';
import {surroundingsIn} from './surroundings.ts';
import {VERSION} from './version.ts';

type ServerFlags = {server?: string; image?: string; set?: string[]};
type DrillFlags = ServerFlags & {
  config?: string;
  backups?: string;
  plan?: string;
  depth?: string;
  proof?: string;
  expect?: string;
  history?: string;
  reportJson?: string;
};
type RecordFlags = ServerFlags & {config?: string; expect: string; update?: boolean};

/** Runs one command and sets the exit code. Never rejects. */
export async function main(argv: string[]): Promise<void> {
  const signal = begin(process.env);
  try {
    process.exitCode = await run(argv, signal);
  } catch (thrown) {
    process.exitCode = await explain(thrown);
  }
  end();
}

async function run(argv: string[], signal: AbortSignal): Promise<number> {
  assertNode();
  let exitCode: number = EXIT.passed;
  const program = new Command('restore-drill')
    .description('Proves a Redis or Valkey backup by restoring it.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(restore-drill --help shows all commands)');
  const command = (usage: string, description: string) =>
    program.command(usage).description(description).exitOverride();

  withServer(command('drill [backup]', 'restore a backup into a throwaway server and judge it'))
    .option('--config <file>', 'config file (restore-drill.yml here, if there is one)')
    .option('--backups <names>', 'of the config, separated by commas; all of them where none is named')
    .option('--plan <id>', 'the plan that asks for this drill, for restore-drill merge')
    .option('--depth <depth>', 'quick compares counts, full (the default) values too')
    .option('--proof <proof>', 'of values: debug-digest (the default), or save, which is faster')
    .option('--expect <file>', 'recorded expectations to judge by')
    .option('--history <place>', 'records of drills: a directory, branch:NAME or s3://bucket/')
    .option('--report-json <file>', 'write the whole report as JSON')
    .action(async (backup: string | undefined, flags: DrillFlags) => {
      const {drillCommand} = await import('./commands.ts');
      exitCode = await drillCommand({...flags, backup}, io(signal));
    });
  withServer(command('record [backup]', 'write expectations from a backup that passes the drill'))
    .requiredOption('--expect <file>', 'where to write them')
    .option('--config <file>', 'config file (restore-drill.yml here, if there is one)')
    .option('--update', 'keep the recorded groups, write only what changed, and say what that is')
    .action(async (backup: string | undefined, flags: RecordFlags) => {
      const {recordCommand} = await import('./recording.ts');
      exitCode = await recordCommand({...flags, backup}, io(signal));
    });
  command('inspect <file>', 'what a dump says of itself; no server')
    .option('--json', 'as JSON')
    .option('--depth <depth>', 'quick counts, full (the default) digests values too')
    .option('--group <pattern>', 'also count and digest the keys that it matches, again for each', collect)
    .option('--groups <auto>', 'the same of the prefixes that hold most')
    .option('--redact', 'show prefixes by their hashes')
    .action(async (file: string, flags: InspectFlags) => {
      const {inspectCommand} = await import('./commands.ts');
      exitCode = await inspectCommand(file, flags, io(signal));
    });
  withServer(command('sabotage [backup]', 'drill damaged copies of a backup: does each go red?'))
    .option('--config <file>', 'config file (restore-drill.yml here, if there is one)')
    .option('--depth <depth>', 'quick compares counts, full (the default) values too')
    .option('--expect <file>', 'recorded expectations to judge by')
    .option('--report-json <file>', 'write what came of each copy as JSON')
    .action(async (backup: string | undefined, flags: DrillFlags) => {
      const {sabotageCommand} = await import('./sabotage/sabotage-command.ts');
      exitCode = await sabotageCommand({...flags, backup}, io(signal));
    });
  withoutDrill(command, signal, code => {
    exitCode = code;
  });
  withServer(command('demo', 'drill a sample backup, then a damaged copy')).action(
    async (flags: ServerFlags) => {
      const {demoCommand} = await import('./commands.ts');
      exitCode = await demoCommand(flags, join(packageRoot(), 'examples', 'sample'), io(signal));
    },
  );
  fleetCommands(command, signal, code => {
    exitCode = code;
  });
  await program.parseAsync(argv, {from: 'user'});
  return exitCode;
}

type Define = (usage: string, description: string) => Command;

function fleetCommands(command: Define, signal: AbortSignal, ended: (code: number) => void): void {
  command('plan', 'print a matrix of jobs that drill the backups of the config, balanced by size')
    .option('--config <file>', 'config file (restore-drill.yml here, if there is one)')
    .option('--backups <names>', 'of the config, separated by commas; all of them where none is named')
    .option('--jobs <number>', 'how many at most (10)')
    .option('--set <key=value>', 'any value of the config, again for each', collect)
    .action(async (flags: PlanFlags) => {
      const {planCommand} = await import('./fleet/fleet-commands.ts');
      ended(await planCommand(flags, io(signal)));
    });
  command('merge <reports...>', 'one verdict over the reports of all jobs: files, or directories of them')
    .option('--plan <plan>', 'what plan printed, or a file with that')
    .option('--config <file>', 'without a plan: every backup of this config has to be there')
    .option('--report-json <file>', 'write the report over all as JSON')
    .option('--report-md <file>', 'write the summary as Markdown')
    .action(async (reports: string[], flags: Omit<MergeFlags, 'reports'> & {reportMd?: string}) => {
      const {mergeCommand} = await import('./fleet/fleet-commands.ts');
      ended(await mergeCommand({...flags, reports}, io(signal)));
    });
}

/** Commands that hold no drill: one judges those that were held, the other what would be restored with. */
function withoutDrill(
  command: (usage: string, description: string) => Command,
  signal: AbortSignal,
  exit: (code: number) => void,
): void {
  const gate = command('gate', 'may a release go out? Judges the newest drill of each backup');
  for (const {flag, help, ...kind} of GATE_OPTIONS)
    'repeated' in kind ? gate.option(flag, help, collect) : gate.option(flag, help);
  gate.action(async (flags: GateFlags) => {
    const {gateCommand} = await import('./gate/hold-gate.ts');
    exit(await gateCommand(flags, io(signal)));
  });
  const lint = command('lint <files...>', 'what may be lost at worst, and what a change makes worse');
  for (const {flag, help} of LINT_OPTIONS) lint.option(flag, help);
  lint.action(async (files: string[], flags: LintFlags) => {
    const {lintCommand} = await import('./lint/lint-command.ts');
    exit(await lintCommand(files, flags, io(signal)));
  });
}

const withServer = (command: Command): Command =>
  command
    .option('--server <kind>', 'auto, container or process')
    .option('--image <ref>', 'image to restore into; auto takes the line that wrote the backup')
    .option('--set <key=value>', 'any value of the config, again for each', collect);

const collect = (value: string, values: string[] = []): string[] => [...values, value];

function io(signal: AbortSignal): Io {
  return {
    deps: {...surroundingsIn(process.env), signal, progress: progressOn(process.stderr)},
    out: text => void process.stdout.write(text),
    log: text => void process.stderr.write(text),
    paint: paintOn(process.stdout),
  };
}

/** Ordinary failures print their message; only our bugs print a stack. */
async function explain(thrown: unknown): Promise<number> {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.passed : EXIT.usage;
  const error: DrillError = toDrillError(thrown);
  const {printableLines} = await import('./report/printable.ts');
  process.stderr.write(`error: ${printableLines(error.message).join('\n')}\nHINT: ${error.hint}\n`);
  if (error.code === 'bug/internal' && error.cause instanceof Error)
    process.stderr.write(`${error.cause.stack}\n`);
  return error.exitCode;
}

/** Both src/cli.ts and dist/cli.cjs are one directory below it; npm links to the latter. */
const packageRoot = (): string => dirname(dirname(realpathSync(process.argv[1]!)));

if (import.meta.main) await main(process.argv.slice(2));
