/**
 * Several backups on the command line: `drill` of them (a line for each as it ends, in full what did not pass), `plan` and
 * `merge`. What they print, and how they end.
 */
import type {Io} from '../commands.ts';
import {EXIT} from '../errors.ts';
import {writeWhole} from '../outputs.ts';
import {printable} from '../report/printable.ts';
import {renderText} from '../report/text.ts';
import {renderFleetMarkdown} from './fleet-markdown.ts';
import {exitCodeOfFleet} from './fleet-report.ts';
import {drilledLine, renderFleet} from './fleet-text.ts';
import {type FleetFlags, holdFleet} from './hold-fleet.ts';
import {holdMerge, type MergeFlags} from './hold-merge.ts';
import {makePlan, type PlanFlags} from './make-plan.ts';

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

export async function planCommand(flags: PlanFlags, io: Io): Promise<number> {
  const {plan, remarks} = await makePlan(flags, io.deps);
  for (const remark of remarks) io.log(`${printable(remark)}\n`);
  // One line, as an output of a step wants it.
  io.out(`${JSON.stringify(plan)}\n`);
  return EXIT.passed;
}

export async function mergeCommand(flags: MergeFlags & {reportMd?: string}, io: Io): Promise<number> {
  const {fleet, unusable, unwritten} = await holdMerge(flags);
  if (unusable) throw unusable;
  for (const drilled of fleet.drills) io.out(`${drilledLine(drilled, io.paint)}\n`);
  io.out(`\n${renderFleet(fleet, io.paint)}`);
  if (flags.reportMd !== undefined)
    await writeWhole(flags.reportMd, renderFleetMarkdown(fleet, {maxBytes: 1024 * 1024}));
  if (unwritten && fleet.outcome === 'passed') throw unwritten;
  if (unwritten) io.log(`error: ${printable(unwritten.message)}\n`);
  return exitCodeOfFleet(fleet);
}
