/** Drills as tests hold them: in this process, on real servers, with short words for what is asked and what came. */
import {chmodSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {readJob} from '../src/config/config.ts';
import {type Deps, drill} from '../src/drill.ts';
import {silent} from '../src/progress.ts';
import type {DrillReport} from '../src/report/drill-report.ts';

export const testDeps: Deps = {
  tempDir: tmpdir(),
  searchPath: process.env.PATH ?? '',
  env: name => process.env[name],
  signal: undefined,
  progress: silent,
};

type Asked = {server?: string; image?: string; expect?: string; set?: string[]};

export async function drillOf(
  backup: string,
  asked: Asked = {},
  deps: Partial<Deps> = {},
): Promise<DrillReport> {
  return drill(await readJob({backup, ...asked}), {...testDeps, ...deps});
}

/** Rules of the findings that fail the drill, worst first. */
export function failures(report: DrillReport): string[] {
  return report.findings
    .filter(({status, severity}) => status === 'fail' && severity === 'error')
    .map(({rule}) => rule);
}

/** A directory for one test file; removed by `dispose`. */
export function scratch(): {path: string; file(name: string): string; dispose(): void} {
  const path = mkdtempSync(join(tmpdir(), 'drill-test-'));
  // As a runner's temporary directory is: the server's uid passes through it.
  chmodSync(path, 0o755);
  return {path, file: name => join(path, name), dispose: () => rmSync(path, {recursive: true, force: true})};
}
