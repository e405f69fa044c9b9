/**
 * `restore-drill gate`: reads, judges, and writes the report where that was asked for. Comes back with a report whatever
 * happens; the gate is open only where a verdict says so, and everything else is as good as closed.
 */

import {credentialsIn, refuseCredentials} from '../config/credentials.ts';
import {DEFAULT_CONFIG} from '../config/entries.ts';
import {type DrillError, describeError, EXIT, toDrillError} from '../errors.ts';
import {assertNoInput, writeWhole} from '../outputs.ts';
import type {Paint} from '../report/text.ts';
import {type GateFlags, readGateJob} from './gate-flags.ts';
import {exitCodeOf, type GateReport} from './gate-report.ts';
import {renderGate} from './gate-text.ts';
import {judgeGate} from './judge-gate.ts';
import {type GateDeps, readEvidence} from './read-evidence.ts';

export type HeldGate = {
  report: GateReport;
  /** The request could not be used; nothing was read. */
  unusable?: DrillError;
  /** Where the report was written. */
  reportPath?: string;
  /** The verdict is out, but its report could not be written. */
  unwritten?: DrillError;
};

type Io = {deps: GateDeps; out(text: string): void; log(text: string): void; paint: Paint};

/** Never rejects. */
export async function holdGate(flags: GateFlags, deps: GateDeps): Promise<HeldGate> {
  const now = deps.now?.() ?? new Date();
  let report: GateReport;
  let unusable: DrillError | undefined;
  try {
    refuseCredentials(flags);
    await assertNoInput(flags.reportJson, [flags.config ?? DEFAULT_CONFIG]);
    const {evidence, demands, source} = await readEvidence(await readGateJob(flags, deps.env), deps, now);
    const {requiredBy} = demands;
    report = {...nothingOf(now), ...judgeGate(evidence, demands, now), source, requiredBy};
  } catch (thrown) {
    const error = toDrillError(thrown);
    report = gateOfNothing(error, now);
    if (error.exitCode === EXIT.usage) unusable = error;
  }
  return {report, ...(unusable && {unusable}), ...(await written(flags.reportJson, report))};
}

const nothingOf = (now: Date) => ({
  schemaVersion: 1 as const,
  judgedAt: now.toISOString(),
  source: null,
  requiredBy: null,
  gated: [],
  findings: [],
});

export const gateOfNothing = (error: DrillError, now: Date): GateReport => ({
  ...nothingOf(now),
  outcome: 'not-run',
  error: describeError(error),
});

async function written(
  path: string | undefined,
  report: GateReport,
): Promise<Pick<HeldGate, 'reportPath' | 'unwritten'>> {
  const ours = report.error?.code === 'usage/output-is-input' || credentialsIn(path ?? '').length > 0;
  if (path === undefined || ours) return {};
  try {
    await writeWhole(path, `${JSON.stringify(report, null, 2)}\n`);
    return {reportPath: path};
  } catch (thrown) {
    return {unwritten: toDrillError(thrown)};
  }
}

export async function gateCommand(flags: GateFlags, io: Io): Promise<number> {
  const {report, unusable, unwritten} = await holdGate(flags, io.deps);
  if (unusable) throw unusable;
  io.out(renderGate(report, io.paint));
  if (unwritten) io.log(`error: ${unwritten.message}\nHINT: ${unwritten.hint}\n`);
  // Who asked for a report and got none does not get an open gate either.
  return exitCodeOf(report) || (unwritten?.exitCode ?? EXIT.passed);
}
