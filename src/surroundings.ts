/** What a drill takes from the machine that it runs on, read from the environment that an edge hands in. */
import {readFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {resolve} from 'node:path';
import type {Surroundings} from './restore/start-server.ts';
import type {StoreDeps} from './source/source-job.ts';
import type {Secrets} from './unpack/keys.ts';

type Environment = Record<string, string | undefined>;

export function surroundingsIn(
  env: Environment,
): Pick<Surroundings, 'tempDir' | 'searchPath' | 'docker'> &
  Pick<Secrets, 'env'> &
  Pick<StoreDeps, 'environment'> {
  return {
    // The runner's own directory is emptied after each job.
    tempDir: resolve(env.RUNNER_TEMP || tmpdir()),
    searchPath: env.PATH ?? '',
    // Secrets by the names that a config gives them.
    env: name => env[name],
    environment: Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined)) as Record<
      string,
      string
    >,
    docker: {host: env.DOCKER_HOST, configDir: env.DOCKER_CONFIG, authConfig: env.DOCKER_AUTH_CONFIG},
  };
}

/** Where the documents of the very version that runs are; not known of an action of the workspace (`uses: ./`). */
export function docsUrlIn(env: Environment): {docsUrl?: string} {
  const {GITHUB_SERVER_URL, GITHUB_ACTION_REPOSITORY, GITHUB_ACTION_REF} = env;
  if (!GITHUB_SERVER_URL || !GITHUB_ACTION_REPOSITORY || !GITHUB_ACTION_REF) return {};
  return {docsUrl: `${GITHUB_SERVER_URL}/${GITHUB_ACTION_REPOSITORY}/blob/${GITHUB_ACTION_REF}/docs`};
}

/** What started the workflow; unreadable is as good as unknown, which whyUntrusted takes for the worst. */
export async function eventIn(env: Environment): Promise<unknown> {
  try {
    return JSON.parse(await readFile(env.GITHUB_EVENT_PATH ?? '', 'utf8'));
  } catch {
    return undefined;
  }
}
