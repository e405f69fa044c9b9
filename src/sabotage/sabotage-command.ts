/**
 * `restore-drill sabotage BACKUP`: the backup itself has to pass, then damaged copies of it must not. Exit 0 when it is
 * so, 4 when anything was missed; what could not be tried at all ends like a drill that could not be held.
 */
import type {Io} from '../commands.ts';
import {type Flags, readJob} from '../config/config.ts';
import {refuseCredentials} from '../config/credentials.ts';
import {drill} from '../drill.ts';
import {EXIT} from '../errors.ts';
import {assertNoInput, writeWhole} from '../outputs.ts';
import {type DrillReport, exitCodeOf} from '../report/drill-report.ts';
import {renderText} from '../report/text.ts';
import {fetchBackup} from '../source/fetch-backup.ts';
import {localBackups} from '../source/local.ts';
import {locate} from '../source/locate.ts';
import {openStore} from '../source/open-store.ts';
import {Patience} from '../source/patience.ts';
import {locally, sabotage} from './sabotage.ts';
import type {Attempt, SabotageReport} from './sabotage-report.ts';
import {attemptLine, renderSabotage} from './sabotage-text.ts';

export async function sabotageCommand(flags: Flags & {reportJson?: string}, io: Io): Promise<number> {
  refuseCredentials(flags);
  // One server is enough to ring an alarm.
  const {files, ...job} = {...(await readJob(flags)), matrix: []};
  await assertNoInput(flags.reportJson, [...files, ...(await localBackups(job.source.spec))]);
  const patience = new Patience(job.source.patience, io.deps.signal);
  await using store = await openStore(job.source, io.deps);
  const located = await locate(store, job.source.select, {
    ...{patience, load: job.source.load},
    ...{now: new Date(), random: Math.random()},
  });
  if (!located.found) return refused(await drill(job, io.deps), io);
  // Fetched once, however many copies are made of it.
  await using artifact = await fetchBackup(store, located.entry, {...io.deps, patience});
  const {path} = artifact;
  const report = await drill(locally(job, path), io.deps);
  if (report.outcome !== 'passed') return refused(report, io);
  io.out('  green   the backup itself\n');
  const tell = (attempt: Attempt) => io.out(attemptLine(attempt, io.paint));
  const attempts = await sabotage({path, report}, job, io.deps, tell);
  const outcome = attempts.some(({result}) => result === 'missed') ? 'failed' : 'passed';
  const {name, location} = located.backup;
  const result: SabotageReport = {schemaVersion: 1, outcome, backup: {name, location}, attempts};
  io.out(`\n${renderSabotage(result, io.paint)}`);
  if (flags.reportJson !== undefined)
    await writeWhole(flags.reportJson, `${JSON.stringify(result, null, 2)}\n`);
  return outcome === 'passed' ? EXIT.passed : EXIT.failed;
}

function refused(report: DrillReport, io: Io): number {
  io.out(renderText(report, io.paint));
  io.log('Nothing was sabotaged: the backup itself has to pass first.\n');
  return exitCodeOf(report);
}
