/** One drill in a process of its own, for tests that kill it: `node one-drill.ts '{"kind": …}'`. Ends with 0 when it passed. */
import {readJob} from '../../src/config/config.ts';
import {drill} from '../../src/drill.ts';
import {silent} from '../../src/progress.ts';

type Asked = {backup: string; kind: string; run?: string; tempDir: string};

const {backup, kind, run, tempDir} = JSON.parse(process.argv[2]!) as Asked;
const job = await readJob({backup, server: kind});
const env = (name: string) => process.env[name];
const deps = {tempDir, searchPath: process.env.PATH ?? '', env, run, signal: undefined, progress: silent};
// What would be imported on the way is imported first, so that most moments are moments with something to leave.
await import('../../src/restore/container.ts');
process.stdout.write('started\n');
const {outcome, error} = await drill(job, deps);
if (outcome !== 'passed') throw new Error(`${outcome}: ${error?.message}`);
