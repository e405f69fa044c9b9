/** `restore-drill drill` of several backups: a line for each as it ends, in full what did not pass, then the verdict over all. */
import type {Io} from '../commands.ts';
import {printable} from '../report/printable.ts';
import {renderText} from '../report/text.ts';
import {exitCodeOfFleet} from './fleet-report.ts';
import {drilledLine, renderFleet} from './fleet-text.ts';
import {type FleetFlags, holdFleet} from './hold-fleet.ts';

export async function fleetCommand(flags: FleetFlags, io: Io): Promise<number> {
  const {fleet, unusable, unwritten} = await holdFleet(flags, io.deps, drilled => {
    io.out(`${drilledLine(drilled, io.paint)}\n`);
    if (drilled.report.outcome !== 'passed') io.out(`\n${renderText(drilled.report, io.paint)}\n`);
  });
  if (unusable) throw unusable;
  io.out(`\n${renderFleet(fleet, io.paint)}`);
  // The verdict is out: a failed fleet stays failed, whatever became of its report.
  if (unwritten && fleet.outcome === 'passed') throw unwritten;
  if (unwritten) io.log(`error: ${printable(unwritten.message)}\n`);
  return exitCodeOfFleet(fleet);
}
