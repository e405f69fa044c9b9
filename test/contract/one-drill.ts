/** One drill in a process of its own, for tests that kill it: `node one-drill.ts '{"kind": …}'`. Prints its report, and ends with 0 when it passed. */
import {readJob} from '../../src/config/config.ts';
import {drill} from '../../src/drill.ts';
import {silent} from '../../src/progress.ts';

type Asked = {backup: string; kind: string; run?: string; tempDir: string; set?: string[]};

const {backup, kind, run, tempDir, set = []} = JSON.parse(process.argv[2]!) as Asked;
const job = await readJob({backup, server: kind, set});
const env = (name: string) => process.env[name];
const deps = {tempDir, searchPath: process.env.PATH ?? '', env, run, signal: undefined, progress: silent};
// What would be imported on the way is imported first, so that most moments are moments with something to leave.
await import('../../src/restore/container.ts');
process.stdout.write('started\n');
const report = await drill(job, deps);
const {outcome, error} = report;
process.stdout.write(JSON.stringify(report));
if (outcome !== 'passed') throw new Error(`${outcome}: ${error?.message}`);
