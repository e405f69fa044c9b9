/**
 * One restored server that saves what it holds, in a process of its own, so that a test can give it another file system
 * than the engine's: `node one-save.ts '{"dump": …}'`. Prints what our reader made of both, and what was left behind.
 */
import {readdirSync, statSync} from 'node:fs';
import {inspect, inspectWritten, readHeader} from '../../src/inspect/inspect.ts';
import type {Inspection} from '../../src/inspect/inspection.ts';
import {type Progress, silent} from '../../src/progress.ts';
import {awaitLoaded} from '../../src/restore/loading.ts';
import {type ServerOptions, startServer} from '../../src/restore/start-server.ts';

/** `slowly`: a server that a busy machine prefers to us would be ready before we look. */
type Asked = {dump: string; tempDir: string; options: ServerOptions; slowly?: boolean};

const {dump, tempDir, options, slowly = false} = JSON.parse(process.argv[2]!) as Asked;
const shown = ({dataset, digests, checksum, error}: Inspection) => ({
  dataset,
  digests: digests?.byDialect,
  checksum,
  error: error?.message,
});
const seen = async (path: string) => shown(await inspect(path));
const {magic, rdbVersion} = await readHeader(dump);
const header = {magic: magic!, rdbVersion: rdbVersion!, producer: null, highestDatabase: 15};
const deps = {tempDir, searchPath: process.env.PATH ?? '', signal: undefined, progress: silent};
const before = statSync(dump);
let saved: unknown;
let server: unknown;
/** Whether we read while the server still wrote. */
let meanwhile = false;
{
  await using throwaway = await startServer({kind: 'rdb', path: dump}, header, options, deps);
  server = (await awaitLoaded(throwaway, deps)).server;
  // Twice: the second finds the first in its place.
  await throwaway.save();
  // A microsecond after each key, and what the system takes for it.
  if (slowly) await throwaway.client.call('CONFIG', 'SET', 'rdb-key-save-delay', '1');
  let saving = true;
  const writing = throwaway.save().finally(() => {
    saving = false;
  });
  const update = () => {
    meanwhile ||= saving;
  };
  const progress: Progress = {phase: () => ({update, end: () => {}})};
  saved = shown(await inspectWritten(writing, throwaway.saves, {progress}));
}
const {mtimeMs, size} = statSync(dump);
const unchanged = mtimeMs === before.mtimeMs && size === before.size;
const left = readdirSync(tempDir).filter(name => name.startsWith('restore-drill-'));
process.stdout.write(JSON.stringify({server, file: await seen(dump), saved, meanwhile, unchanged, left}));
