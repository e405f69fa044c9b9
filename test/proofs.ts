/** Changes of configuration, proved as `lint --prove` does it: on servers in containers, which are gone afterwards. */
import {readdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {findIn} from '../src/lint/homes/find.ts';
import {type Linted, readingOf} from '../src/lint/lint.ts';
import {lintFiles} from '../src/lint/lint-command.ts';
import {lossesOf} from '../src/lint/loss.ts';
import {measureCrash, USUAL_RATE} from '../src/lint/prove/crash.ts';
import type {Crash, Kept, Proof} from '../src/lint/prove/proof.ts';
import {provedSettings} from '../src/lint/prove/proved-settings.ts';
import type {Target} from '../src/lint/setting.ts';
import {hostFor} from '../src/restore/configured.ts';
import type {Surroundings} from '../src/restore/start-server.ts';
import {scratch, testDeps} from './drills.ts';
import {imageOf} from './servers.ts';

export type Change = {base?: string; head: string; on: string};
type Deps = Pick<Surroundings, 'signal' | 'run'>;

/** `;` stands for the end of a line. */
const asFile = (text: string): string => `${text.split(';').join('\n')}\n`;

/** `leftIn` gets what still lies in its directory afterwards. */
export async function proved(
  {base, head, on}: Change,
  {leftIn, ...deps}: Partial<Deps> & {leftIn?: (names: string[]) => void} = {},
): Promise<Linted> {
  const dir = scratch();
  try {
    const path = (name: string, text: string): string => {
      writeFileSync(join(dir.path, name), asFile(text));
      return join(dir.path, name);
    };
    const flags = {
      prove: true,
      image: imageOf(on),
      ...(base !== undefined && {base: path('before.conf', base)}),
    };
    return await lintFiles([path('redis.conf', head)], flags, {...testDeps, ...deps, tempDir: dir.path});
  } finally {
    leftIn?.(readdirSync(dir.path));
    dir.dispose();
  }
}

/** One kill of a process that is written to. */
export async function crashed({head, on}: Omit<Change, 'base'>): Promise<Crash> {
  const dir = scratch();
  try {
    const path = join(dir.path, 'redis.conf');
    writeFileSync(path, asFile(head));
    const found = await findIn(path, dir.path);
    if ('unreadable' in found) throw new Error(found.unreadable);
    const [product, line] = on.split(':') as [Target['product'], string];
    const job = {maxLoss: null, writeRate: null, target: {product, line}};
    const reading = readingOf(found.configurations[0]!, job);
    const surroundings = {...testDeps, tempDir: dir.path};
    const host = await hostFor(null, {image: imageOf(on), registry: null}, surroundings);
    const lossesAt = (rate: number) => lossesOf(reading.effective, rate);
    const asked = {settings: provedSettings(reading), cluster: false, rate: USUAL_RATE, lossesAt};
    const crash = await measureCrash(asked, host);
    if (typeof crash === 'string') throw new Error(crash);
    return crash;
  } finally {
    dir.dispose();
  }
}

export const proofOf = ({summaries}: Linted): Proof => summaries[0]!.proof!;

/** `[after a restart, after a kill]`: keys, `600, 300 misplaced`, or `refused`. */
export const keptOf = ({deploys}: Proof, side: 'without' | 'with'): (number | string)[] =>
  deploys.map(deploy => textOf(deploy[side]!));

function textOf(kept: Kept): number | string {
  if ('refused' in kept) return 'refused';
  return kept.misplaced === 0 ? kept.keys : `${kept.keys}, ${kept.misplaced} misplaced`;
}
