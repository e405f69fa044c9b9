/** What GitHub itself publishes for artifacts (@actions/artifact), run as a program: its packer, its finder, its download. */
import {execFile, execFileSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {scratch} from '../drills.ts';
import {ROOT} from '../servers.ts';
import {TOKEN} from './github.ts';

const PACK = `
import {createWriteStream, lstatSync} from 'node:fs';
import {pathToFileURL} from 'node:url';
const [zipModule, source, name, target] = process.argv.slice(1);
const {createZipUploadStream} = await import(pathToFileURL(zipModule));
const files = [{sourcePath: source, destinationPath: name, stats: lstatSync(source)}];
(await createZipUploadStream(files)).pipe(createWriteStream(target));`;

/** As actions/upload-artifact packs one file. */
export function uploadedZip(source: string, name: string): Buffer {
  const dir = scratch();
  const zip = join(ROOT, 'node_modules/@actions/artifact/lib/internal/upload/zip.js');
  execFileSync(process.execPath, ['--input-type=module', '-e', PACK, zip, source, name, dir.file('zip')], {
    stdio: 'pipe',
  });
  const bytes = readFileSync(dir.file('zip'));
  dir.dispose();
  return bytes;
}

const DOWNLOAD = `
import {DefaultArtifactClient} from '@actions/artifact';
const [token, run, name, path] = process.argv.slice(1);
const findBy = {token, workflowRunId: Number(run), repositoryOwner: 'acme', repositoryName: 'shop'};
const client = new DefaultArtifactClient();
const {artifact} = await client.getArtifact(name, {findBy});
const {artifacts} = await client.listArtifacts({findBy});
const got = await client.downloadArtifact(artifact.id, {findBy, path, expectedHash: artifact.digest});
console.log('\\n' + JSON.stringify({artifact, listed: artifacts.length, mismatch: got.digestMismatch}));`;

/** As actions/download-artifact does for another run, with a token; unpacked into `path`. */
export async function downloaded(
  name: string,
  {apiUrl, run, path}: {apiUrl: string; run: number; path: string},
) {
  const args = ['--input-type=module', '-e', DOWNLOAD, TOKEN, String(run), name, path];
  const env = {PATH: process.env.PATH, GITHUB_API_URL: apiUrl};
  const {stdout} = await promisify(execFile)(process.execPath, args, {cwd: ROOT, env});
  return JSON.parse(stdout.trim().split('\n').at(-1)!) as {
    artifact: {id: number; size: number; digest: string};
    listed: number;
    mismatch: boolean;
  };
}
