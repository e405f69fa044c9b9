/**
 * Reports of lint as files, beside what is shown. In: what lint found, and where each form is to be written. Out: files,
 * whole or not at all; never over what was read, and through no link that lies in the working directory: of a pull
 * request its author has put it there.
 */
import {lstat, realpath} from 'node:fs/promises';
import {dirname, relative, resolve, sep} from 'node:path';
import {DEFAULT_CONFIG} from '../config/entries.ts';
import {DrillError, toDrillError} from '../errors.ts';
import {assertNoInput, writeWhole} from '../outputs.ts';
import type {Linted} from './lint.ts';
import {lintReport} from './report/json.ts';
import {lintJunit} from './report/junit.ts';
import {lintSarif} from './report/sarif.ts';

export type ReportFlags = {
  reportJson?: string | undefined;
  reportSarif?: string | undefined;
  reportJunit?: string | undefined;
};

/** Throws where a report may not be written; `unwritten` where it could not be, which changes no verdict. */
export async function writeReports(
  linted: Linted,
  {
    reportJson,
    reportSarif,
    reportJunit,
    config = DEFAULT_CONFIG,
  }: ReportFlags & {config?: string | undefined},
  docsUrl?: string,
): Promise<{unwritten: DrillError | undefined}> {
  const asked: [string | undefined, () => string][] = [
    [reportJson, () => asJson(lintReport(linted))],
    [reportSarif, () => asJson(lintSarif(linted, {docsUrl}))],
    [reportJunit, () => lintJunit(linted)],
  ];
  for (const [path] of asked) await assertMayBeWritten(path, [...linted.read, config]);
  let unwritten: DrillError | undefined;
  for (const [path, text] of asked) {
    if (path === undefined) continue;
    try {
      await writeWhole(path, text());
    } catch (thrown) {
      unwritten ??= toDrillError(thrown);
    }
  }
  return {unwritten};
}

export const asJson = (report: object): string => `${JSON.stringify(report, null, 2)}\n`;

async function assertMayBeWritten(path: string | undefined, read: string[]): Promise<void> {
  if (path === undefined) return;
  await assertNoInput(path, read);
  if (await leadsThroughLink(path))
    throw new DrillError('usage/invalid', `${path} leads through a link of the working directory`, {
      hint: 'Write reports to where nobody else can put a link, such as $RUNNER_TEMP.',
    });
}

/** A link outside of the working directory is of whoever runs this. */
async function leadsThroughLink(path: string): Promise<boolean> {
  const whole = resolve(path);
  const inside = relative(process.cwd(), whole);
  if (inside === '' || inside.split(sep)[0] === '..') return false;
  if (
    await lstat(whole).then(
      stats => stats.isSymbolicLink(),
      () => false,
    )
  )
    return true;
  const directory = dirname(whole);
  const real = await realpath(directory).catch(() => null);
  return real !== null && real !== resolve(await realpath(process.cwd()), relative(process.cwd(), directory));
}
