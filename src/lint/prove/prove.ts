/**
 * A configuration and its change, proved on real servers (`lint --prove`): what they say of themselves, what is left of
 * existing data after a deploy, and what a killed process loses. In: readings of base and head. Out: what was observed,
 * which proof-issues.ts judges. In containers only, without network: whoever wrote the configuration may be a stranger.
 */
import {posix} from 'node:path';
import {formatLine, lineOf, type ServerLine} from '../../redis/server-line.ts';
import {type Host, hostFor, makeVolume, startConfigured} from '../../restore/configured.ts';
import type {Settings} from '../../restore/production-settings.ts';
import type {ServerOptions, Surroundings} from '../../restore/start-server.ts';
import {keysKept, predictDeploy} from '../deploy.ts';
import type {LintOptions, Reading} from '../finding.ts';
import {readingOf, type Summary} from '../lint.ts';
import {lossesOf} from '../loss.ts';
import {linesOf} from '../readable.ts';
import type {Place, Target} from '../setting.ts';
import {textOf, wordsOf} from '../volume.ts';
import {measureCrash, USUAL_RATE} from './crash.ts';
import {type DeploySide, deploy} from './deploys.ts';
import type {Proof, ProvedDeploy, ProvedSide} from './proof.ts';
import {provedSettings} from './proved-settings.ts';
import {together} from './together.ts';
import {changedValues, compareValues, type Held, heldValues} from './values.ts';

export type ProveOptions = Pick<ServerOptions, 'image' | 'registry'> & Pick<LintOptions, 'writeRate'>;

/** A side of the change, as its server has it. */
type Side = {
  reading: Reading;
  settings: Settings;
  host: Host;
  /** The same, for the version that the server really is. */
  served: Reading;
  held: Held;
  cluster: boolean;
  proved: ProvedSide;
  /** It starts as it is written. */
  starts: boolean;
};

/** Throws DrillError `server/unavailable`, `cancelled`, and what else keeps servers from being started at all. */
export async function prove(
  {head: headReading, base: baseReading}: Pick<Summary, 'head' | 'base'>,
  options: ProveOptions,
  surroundings: Surroundings,
): Promise<Proof> {
  const startedMs = performance.now();
  const notProved = new Set<string>();
  const say: Say = why => void notProved.add(why);
  const [headLook, baseLook] = await together([
    lookAt(headReading, options, surroundings, say),
    baseReading && lookAt(baseReading, options, surroundings, say),
  ]);
  const head = 'died' in headLook ? null : headLook;
  const base = baseLook === null || 'died' in baseLook ? null : baseLook;
  if (baseLook && 'died' in baseLook) say(`before the change the server does not start: ${baseLook.died}`);
  const crashes = [head, base].filter(side => side?.starts).map(side => provedCrash(side!, options, say));
  const [deploys] = await together([
    baseLook === null || base ? provedDeploys(head, base, say) : [],
    ...crashes,
  ]);
  return {
    head: head?.proved ?? null,
    base: base?.proved ?? null,
    ...('died' in headLook && {headDied: headLook.died}),
    changes: head && base ? changedValues(base, head) : [],
    deploys,
    notProved: [...notProved].toSorted(),
    durationMs: Math.round(performance.now() - startedMs),
  };
}

type Say = (why: string) => void;

/** Starts it over nothing, without the lines that it refuses. */
async function lookAt(
  reading: Reading,
  options: ProveOptions,
  surroundings: Surroundings,
  say: Say,
): Promise<Side | {died: string}> {
  const {configuration} = reading;
  const target = configuration.target && lineOfTarget(configuration.target);
  const host = await hostFor(target, options, surroundings);
  const settings = provedSettings(reading);
  await using volume = await makeVolume(surroundings);
  const place = {volume, directory: '0', directories: ['0'], withoutRefused: true};
  const {started, because, refused, modulesAbsent} = await startConfigured(settings, place, host);
  if (started === null) return {died: because};
  await using running = started;
  const held = heldValues(await running.server.client.call('CONFIG', 'GET', '*'));
  const line = {product: running.line.product, line: `${running.line.major}.${running.line.minor}`};
  const served = readingOf({...configuration, target: line}, {...options, maxLoss: null, target: null});
  const exact = served.version === 'exact';
  if (!exact) say(`lint has no table of ${formatLine(running.line)} to hold its values against`);
  if (target && formatLine(target) !== formatLine(running.line))
    say(`${formatLine(target)} is not to be had: proved on ${formatLine(running.line)}`);
  for (const {because: why} of configuration.open.slice(0, 1)) say(why);
  if ((textOf(served, 'replicaof') ?? '') !== '')
    say('the keys of a replica are its primary’s, and here it is started as a primary');
  return {
    reading,
    settings,
    host: {...host, image: {...host.image, line: running.line}},
    served,
    held,
    cluster: held.get('cluster-enabled') === 'yes',
    starts: refused.length === 0,
    proved: {
      server: formatLine(running.line),
      version: running.version,
      image: host.image.image,
      refused: refused.map(({directive, complaint}) => ({
        place: placeOf(directive, configuration),
        complaint,
      })),
      modulesAbsent: modulesAbsent.map(directive => placeOf(directive, configuration)),
      ...(exact ? compareValues(served.effective, held, settings) : {asRead: 0, otherwise: []}),
      leftOut: settings.changed.map(({directive, because: why}) => ({directive, because: why})),
      crash: null,
    },
  };
}

const placeOf = (at: Place | null, configuration: Place): Place => {
  const {file, line, column} = at ?? configuration;
  return {file, line, column};
};

/** Of a major version alone its newest. */
const lineOfTarget = (target: Target): ServerLine =>
  linesOf(target).at(-1) ?? lineOf(target.product, `${target.line}.0`);

async function provedDeploys(head: Side | null, base: Side | null, say: Say): Promise<ProvedDeploy[]> {
  const first = base ?? head;
  const then = base && head;
  if (!first?.starts || (base && !then)) return [];
  const held = await together(
    (['in order', 'killed'] as const).map(stop => deploy(deploySide(first), then && deploySide(then), stop)),
  );
  return held.flatMap((each): ProvedDeploy[] => {
    if (typeof each !== 'string') return [{...each, predicted: predictionOf(first, then ?? first, each)}];
    say(each);
    return [];
  });
}

/** For the versions that the servers really are; not of what was left out here and would decide there. */
function predictionOf(
  base: Side,
  head: Side,
  {stopped, saved, since}: Omit<ProvedDeploy, 'predicted'>,
): ProvedDeploy['predicted'] {
  const renamed = [base, head].some(({settings}) =>
    settings.changed.some(({directive}) => directive === 'rename-command'),
  );
  if (renamed) return null;
  const deploy = predictDeploy(base.served, head.served, stopped);
  if (deploy.kept === 'refused') return {refused: deploy.because};
  const keys = keysKept(deploy, {saved, since});
  return keys === null ? null : {keys};
}

function deploySide({reading, settings, host, held, cluster}: Side): DeploySide {
  return {
    settings,
    host,
    // What a template makes of the same words is the same.
    dir: posix.join(wordsOf(reading, 'dir') ?? '', 'files'),
    cluster,
    highestDatabase: cluster ? 0 : Number(held.get('databases') ?? 1) - 1,
    savePoints: (held.get('save') ?? '') !== '',
  };
}

async function provedCrash(side: Side, {writeRate}: ProveOptions, say: Say): Promise<void> {
  const {settings, host, cluster, served} = side;
  const crash = await measureCrash(
    {
      settings,
      cluster,
      rate: Math.min(writeRate ?? USUAL_RATE, MOST_WRITES),
      lossesAt: rate => lossesOf(served.effective, rate),
    },
    host,
  );
  if (typeof crash === 'string') say(`what a killed process loses: ${crash}`);
  else side.proved.crash = crash;
}

/** A second: one after the other, as a client waits for its answers. */
const MOST_WRITES = 1000;
