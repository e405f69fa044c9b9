/**
 * What fetching costs: one file of random bytes from a server on loopback, by us (`inspect`, which fetches it whole and
 * then finds no dump) and by `rclone copyto`, each a process of its own from its start to its end, in turns; medians of
 * three, how much memory we held at most, and the processor time of both, which says more where the machine has other work.
 * Needs dist/ and what `npm test` sets up.
 *
 * S3 twice: s3rver gives the MD5 that both verify, and is itself what both wait for; nginx gives ranges of the same file
 * under the address of an object as fast as the machine can, as a store far away with many disks would.
 *
 *     node bench/source.mjs [MIB]
 */
import {spawn, spawnSync} from 'node:child_process';
import {randomFillSync} from 'node:crypto';
import {mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync, writeSync} from 'node:fs';
import {createRequire} from 'node:module';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';

const ROOT = path.join(import.meta.dirname, '..');
const CLI = path.join(ROOT, 'dist', 'cli.cjs');
const RUNS = 3;
const S3_PORT = 18_431;
const HTTP_PORT = 18_432;
const KEYS = {AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER', AWS_REGION: 'us-east-1'};
const ENDPOINT = `http://127.0.0.1:${S3_PORT}`;
/** What the SDK takes for S3. */
let endpoint = ENDPOINT;

/** Has a process say at its end how much memory it held. */
const TELL_MEMORY =
  "data:text/javascript,process.on('exit',()=>process.stderr.write('RSS '+process.resourceUsage().maxRSS))";

await bench(Number(process.argv[2] ?? 1024));

/** @param {number} mib */
async function bench(mib) {
  const {stores} = JSON.parse(readFileSync(path.join(ROOT, '.cache/servers.json'), 'utf8'));
  const directory = mkdtempSync(path.join(tmpdir(), 'bench-source-'));
  const file = path.join(directory, 'www', 'backups', 'dump.rdb');
  /** @type {import('node:child_process').ChildProcess[]} */
  const servers = [];
  try {
    makeFile(file, mib);
    servers.push(startS3(directory), startHttp(directory, stores.nginx.path));
    await sleep(2000);
    const rclone = (/** @type {string[]} */ ...args) => timed(stores.rclone.path, args, directory);
    const s3 = `:s3,provider=Other,endpoint="${ENDPOINT}",env_auth=true,force_path_style=true,no_check_bucket=true:backups/dump.rdb`;
    rclone('copyto', file, s3);
    const target = path.join(directory, 'rclone.rdb');
    console.log(`${mib} MiB, medians of ${RUNS}:`);
    const object = 's3://backups/dump.rdb';
    compare('S3, s3rver', mib, directory, object, () => rclone('copyto', s3, target));
    endpoint = `http://127.0.0.1:${HTTP_PORT}`;
    const fast = s3.replace(ENDPOINT, endpoint);
    compare('S3, nginx', mib, directory, object, () => rclone('copyto', fast, target));
    compare('HTTP, nginx', mib, directory, `http://127.0.0.1:${HTTP_PORT}/backups/dump.rdb`, () =>
      rclone('copyto', `:http,url="http://127.0.0.1:${HTTP_PORT}":backups/dump.rdb`, target),
    );
  } finally {
    for (const server of servers) server.kill('SIGTERM');
    rmSync(directory, {recursive: true});
  }
}

/**
 * @param {string} what
 * @param {number} mib
 * @param {string} directory
 * @param {string} from
 * @param {() => {ms: number, cpuS: number}} rclone
 */
function compare(what, mib, directory, from, rclone) {
  const [ours, theirs, memory, ourCpu, theirCpu] = [[], [], [], [], []].map(
    () => /** @type {number[]} */ ([]),
  );
  for (let run = 0; run < RUNS; run += 1) {
    const {ms, cpuS, stderr} = timed(
      process.execPath,
      ['--import', TELL_MEMORY, CLI, 'inspect', from],
      directory,
    );
    ours?.push(ms);
    memory?.push(Number(/RSS (\d+)/.exec(stderr)?.[1]) / 1024);
    rmSync(path.join(directory, 'rclone.rdb'), {force: true});
    const other = rclone();
    theirs?.push(other.ms);
    ourCpu?.push(cpuS);
    theirCpu?.push(other.cpuS);
  }
  const rate = (/** @type {number[]} */ times) => (1000 * mib) / median(times);
  const [our, their] = [rate(ours ?? []), rate(theirs ?? [])];
  const share = ((100 * our) / their).toFixed(0);
  const most = Math.max(...(memory ?? [])).toFixed(0);
  console.log(
    `  ${what.padEnd(12)} ours ${our.toFixed(0)} MiB/s, rclone ${their.toFixed(0)} MiB/s: ${share} %; memory at most ${most} MiB; processor ${median(ourCpu ?? []).toFixed(1)} and ${median(theirCpu ?? []).toFixed(1)} s`,
  );
}

/** @param {number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

/** @param {string} program @param {string[]} args @param {string} directory */
function timed(program, args, directory) {
  const start = performance.now();
  const env = {
    ...process.env,
    ...KEYS,
    AWS_ENDPOINT_URL_S3: endpoint,
    TMPDIR: directory,
    RCLONE_CONFIG: path.join(directory, 'none'),
  };
  // bash tells what its children took; the arguments stay arguments.
  const timing = ['-c', '"$@"; status=$?; times >&3; exit $status', 'timed', program, ...args];
  const stdio = /** @type {import('node:child_process').StdioOptions} */ (['ignore', 'pipe', 'pipe', 'pipe']);
  const {status, stderr, output} = spawnSync('bash', timing, {encoding: 'utf8', env, stdio});
  // Random bytes are no dump: `inspect` has fetched all of it before it says so.
  if (status !== 0 && status !== 4) throw new Error(`${program} ended with ${status}: ${stderr}`);
  const [, children = ''] = (output[3] ?? '').split('\n');
  const spent = [...children.matchAll(/(\d+)m([\d.]+)s/g)].map(([, m, s]) => 60 * Number(m) + Number(s));
  return {ms: performance.now() - start, cpuS: spent.reduce((sum, one) => sum + one, 0), stderr};
}

/** @param {string} directory */
function startS3(directory) {
  const main = createRequire(import.meta.url).resolve('@20minutes/s3rver');
  const script = `process.argv.splice(1, 0, 's3rver'); require(${JSON.stringify(main.replace(/s3rver\.js$/, 'cli.js'))}).parseAsync()`;
  const flags = ['-d', path.join(directory, 's3'), '-p', String(S3_PORT), '-a', '127.0.0.1', '-s'];
  const bucket = ['--configure-bucket', 'backups', '--allow-mismatched-signatures'];
  return spawn(process.execPath, ['-e', script, '--', ...flags, ...bucket], {stdio: 'ignore'});
}

/** @param {string} directory @param {string} nginx */
function startHttp(directory, nginx) {
  const config = path.join(directory, 'nginx.conf');
  const root = path.join(directory, 'www');
  writeFileSync(
    config,
    `daemon off; pid ${directory}/pid; error_log stderr error; user root; events {} http { access_log off; sendfile on;
     client_body_temp_path ${directory}/t; server { listen 127.0.0.1:${HTTP_PORT}; root ${root}; autoindex on; } }`,
  );
  return spawn(nginx, ['-c', config, '-p', directory], {stdio: 'ignore'});
}

/** Bytes that nothing compresses. @param {string} file @param {number} mib */
function makeFile(file, mib) {
  mkdirSync(path.dirname(file), {recursive: true});
  const handle = openSync(file, 'w');
  for (let written = 0; written < mib; written += 1)
    writeSync(handle, randomFillSync(Buffer.alloc(1024 ** 2)));
}
