/** Drills on engines that are not Docker as root: where the uid that the server runs as is another one outside. */
import {copyFileSync, existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';
import {afterAll, beforeAll, describe, expect} from '@jest/globals';
import {reportSchema} from '../../src/report/drill-report.ts';
import {scratch} from '../drills.ts';
import {containerTest, execTest, type Place, placeTest, SAMPLE, servers} from '../servers.ts';
import {apart, type Ran, run} from './cli.ts';
import {ask, lineToEngine, type OwnEngine, startPodman, startRootlessDocker} from './engines.ts';

const dir = scratch();
const HERE = dir.file('here');
const dump = dir.file('dump.rdb');
const truncated = dir.file('truncated.rdb');
beforeAll(() => {
  copyFileSync(SAMPLE, dump);
  writeFileSync(truncated, readFileSync(SAMPLE).subarray(0, 20_000));
});
afterAll(() => dir.dispose());

const inside = existsSync('/.dockerenv') || existsSync('/run/.containerenv');

type Kind = {place: Place; name: string; via: 'socket' | 'exec'; start(): Promise<OwnEngine>};
const kinds: Kind[] = [
  // In a container it is not known whose files a path means to the engine, and podman would make what is missing.
  {place: 'podman', name: 'podman as root', via: inside ? 'exec' : 'socket', start: startPodman},
  // A server in a user namespace cannot write to the directory of the user outside: so it is asked through exec.
  {place: 'rootless', name: 'rootless Docker', via: 'exec', start: startRootlessDocker},
];

/** The engine, or why it cannot be had here; started before the tests are named. */
async function startedOrWhyNot({place, start}: Kind): Promise<OwnEngine | string | undefined> {
  if (!servers.engine || servers.places?.[place]?.reason !== undefined || !servers.places) return undefined;
  return await start().catch(error => String(error.message).replaceAll(/[()\n]/g, ' '));
}

const all = await Promise.all(kinds.map(startedOrWhyNot));
/** Says why, where no engine of this machine can enter containers, as in a chroot. */
const needsExec = await execTest();

for (const [index, kind] of kinds.entries()) {
  const started = all[index];
  const engine = typeof started === 'object' ? started : null;
  const it = placeTest(kind.place, typeof started === 'string' ? started : undefined);
  const itByExec = needsExec === containerTest ? it : needsExec;

  describe(kind.name, () => {
    afterAll(() => engine?.stop());

    const drill = async (...args: string[]): Promise<Ran> => {
      const {socket, tempDir, uid} = engine!;
      const user = ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
      const env = {DOCKER_HOST: `unix://${socket}`, RUNNER_TEMP: tempDir, HOME: tempDir, XDG_RUNTIME_DIR: ''};
      const ran = await run(['drill', ...args, '--server', 'container'], {program: user, env});
      const {body} = await ask(socket, 'GET', '/containers/json?all=1');
      expect(JSON.parse(body)).toEqual([]);
      expect(readdirSync(tempDir).filter(name => name.startsWith('restore-drill'))).toEqual([]);
      return ran;
    };

    itByExec('a good backup passes, and nothing is left', async () => {
      const json = `${engine!.tempDir}/report.json`;
      const {exitCode, stdout} = await drill(dump, '--report-json', json);
      expect({exitCode, stdout}).toMatchObject({exitCode: 0, stdout: expect.stringMatching(/^PASSED/)});
      const {server} = reportSchema.parse(JSON.parse(readFileSync(json, 'utf8')));
      expect(server).toMatchObject({kind: 'container', via: kind.via});
    });

    itByExec(
      'from another file system, over tcp: it passes through exec, and nothing is made on the engine’s side',
      async () => {
        await using line = await lineToEngine(engine!.socket);
        const json = dir.file('remote.json');
        const ran = await run(['drill', `${HERE}/dump.rdb`, '--server', 'container', '--report-json', json], {
          env: {DOCKER_HOST: line.host, RUNNER_TEMP: HERE},
          program: apart(dump, HERE),
        });
        expect({exitCode: ran.exitCode, stdout: ran.stdout}).toMatchObject({exitCode: 0});
        expect(reportSchema.parse(JSON.parse(readFileSync(json, 'utf8'))).server?.via).toBe('exec');
        // The directory itself is where a file system is mounted for the drill.
        expect(readdirSync(HERE)).toEqual([]);
      },
    );

    it('a truncated one fails', async () => {
      const {exitCode, stdout} = await drill(truncated);
      expect({exitCode, stdout}).toMatchObject({exitCode: 4, stdout: expect.stringMatching(/is truncated/)});
    });
  });
}
