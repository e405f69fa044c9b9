/**
 * Files with reports, wherever artifacts were unpacked to: those that are named, and every JSON file below the directories
 * that are. In: paths. Out: what is in each, or why that is no report. Only reads.
 */
import {readdir, readFile, stat} from 'node:fs/promises';
import {join} from 'node:path';
import {DrillError} from '../errors.ts';
import {fleetReportSchema} from './fleet-report.ts';
import type {Found} from './merge.ts';

/** A report takes some KiB a backup. */
const MAX_BYTES = 256 * 1024 ** 2;
const MAX_FILES = 10_000;

/** Throws DrillError `usage/invalid` for a path that is not there. An empty directory is just that: nothing was reported. */
export async function readReports(paths: string[]): Promise<Found[]> {
  const files = [...new Set((await Promise.all(paths.map(filesOf))).flat())].sort();
  if (files.length > MAX_FILES) {
    throw new DrillError(
      'usage/invalid',
      `there are ${files.length} JSON files: no fleet has that many reports`,
      {
        hint: 'Name the directory that the artifacts of the run were downloaded to.',
      },
    );
  }
  const found: Found[] = [];
  for (const file of files) found.push(await readReport(file));
  return found;
}

async function filesOf(path: string): Promise<string[]> {
  const stats = await stat(path).catch(() => null);
  if (stats?.isDirectory()) {
    const entries = await readdir(path, {recursive: true, withFileTypes: true});
    return entries
      .filter(entry => entry.isFile() && entry.name.endsWith('.json'))
      .map(({parentPath, name}) => join(parentPath, name));
  }
  if (stats?.isFile()) return [path];
  throw new DrillError('usage/invalid', `there is no file or directory ${path}`, {
    hint: 'Name what the jobs have left: the files of --report-json, or the directory that they were downloaded to.',
  });
}

async function readReport(file: string): Promise<Found> {
  try {
    if ((await stat(file)).size > MAX_BYTES) return {file, problem: 'it is larger than any'};
    const value: unknown = JSON.parse(await readFile(file, 'utf8'));
    const {success, data} = fleetReportSchema.safeParse(value);
    if (success) return {file, report: data};
    return {file, problem: otherForm(value)};
  } catch (error) {
    const {code} = error as NodeJS.ErrnoException;
    return {file, problem: error instanceof SyntaxError ? 'it is not JSON' : `it cannot be read (${code})`};
  }
}

function otherForm(value: unknown): string {
  if (typeof value !== 'object' || value === null) return 'it has another form';
  if ('inspection' in value) return 'it is of one drill, and does not say of which backup';
  if ('kind' in value && value.kind === 'fleet')
    return 'it is one of another version: drill and merge with the same';
  return 'it has another form';
}
