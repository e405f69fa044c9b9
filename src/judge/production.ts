/**
 * What the restore with production's own redis.conf found, as findings: what would be lost, refused or unusable there,
 * though the backup itself is sound. In: that restore and what our reader counted in the file. Keys whose time has passed
 * since the backup are told, never missed.
 */
import type {Inspection} from '../inspect/inspection.ts';
import type {Production} from '../restore/production.ts';
import {type Finding, fail, pass, skipped} from './finding.ts';
import {cutTailRefused, type FrozenAof, judgeProductionAof} from './production-aof.ts';

/** `frozen`: of an append-only file, whose dataset is what the frozen server made of it. */
export function judgeProduction(
  production: Production,
  inspection: Inspection,
  frozen?: FrozenAof,
): Finding[] {
  const {notHeld, load, census} = production;
  const findings = [...refusals(production), ...passedOver(production, inspection)];
  if (notHeld !== undefined) findings.push(unheld(notHeld, production));
  const {highestDatabase} = frozen?.aof ?? inspection;
  if (frozen) findings.push(...judgeProductionAof(production, inspection, frozen));
  if (load) findings.push(...judgeLoad(production, {...inspection, highestDatabase}));
  if (load?.status === 'loaded' && census) {
    findings.push(...judgeKeys(production, inspection), ...judgeMemory(production));
  }
  findings.push(...judgeName(production), ...judgeCompanions(production));
  return findings;
}

/** Whatever kept the backup from being restored at all is what matters. */
/** A backup that did not load has failed by itself; one that did must not pass without what was asked for. */
export const notReached = (config: string, {loaded}: {loaded: boolean}): Finding =>
  skipped(
    'production/not-held',
    `the restore with ${config} was not held: the backup was not restored before`,
    {
      severity: loaded ? 'error' : 'warning',
      origin: config,
    },
  );

/** It was asked for: a drill that could not hold it has not proved what it was asked to. */
const unheld = (because: string, {config}: Production): Finding =>
  skipped('production/not-held', `the restore with ${config} was not held: ${because}`, {
    severity: 'error',
    origin: config,
    hint: 'It takes a container engine, and an image of the server that production runs (--image). Without `server.config` it is not asked for.',
  });

function refusals({config, refused, sameLine, modulesAbsent, notFollowed, server}: Production): Finding[] {
  const version = server?.line ?? 'the server';
  const lines = refused.map(({origin, message}) =>
    fail('production/config-refused', `${version} does not start with this line: ${message}`, {
      origin,
      // Another version than production's may not know what production's knows.
      severity: sameLine ? 'error' : 'warning',
      hint: sameLine
        ? 'Production would not come up with this file. Is it of another version, or a template that is not filled in?'
        : 'Name the image that production runs with --image, so that this is certain.',
    }),
  );
  const modules = modulesAbsent.map(origin =>
    skipped('production/module-absent', 'the image does not have a module that this line loads', {
      origin,
      hint: 'Name an image with production’s modules in it (--image).',
    }),
  );
  const includes = notFollowed.map(({origin, because}) =>
    skipped('production/include-skipped', `what this line includes is not known: ${because}`, {
      origin,
      hint: `Keep the included file beside ${config}, or drill with one that has it all.`,
    }),
  );
  return [...lines, ...modules, ...includes];
}

/** The trap: appendonly is on, and there is no append-only file. */
function passedOver({dumpIgnored, settings, config}: Production, {dataset}: Inspection): Finding[] {
  if (dumpIgnored === null) return [];
  return [
    fail(
      'production/dump-ignored',
      `DATA LOSS: with this file the server passes the dump over and comes up empty: ${dataset.keys} keys are gone`,
      {
        expected: dataset.keys,
        actual: 0,
        origin: settings.appendonly?.origin ?? config,
        hint: 'Restore with `appendonly no`, then `CONFIG SET appendonly yes`, and wait for the rewrite before any restart. Or back up the append-only directory. A file of two lines, `include` of this one and `appendonly no`, drills the first way.',
      },
    ),
  ];
}

function judgeLoad(production: Production, inspection: Inspection): Finding[] {
  const {load, config, settings, dumpIgnored, aof} = production;
  const what = aof ? 'append-only file' : 'dump';
  const once = aof?.ignored ? ', once it is told where that is' : '';
  const how = dumpIgnored === null ? once : ', once appendonly is off';
  if (load?.status === 'loaded')
    return [pass('production/loaded', `a server with ${config} loads the ${what}${how}`, {origin: config})];
  if (load?.status === 'silent-empty') {
    return [
      fail('production/silent-empty', `a server with ${config} is ready, and has not loaded the ${what}`, {
        expected: inspection.dataset.keys,
        actual: load.keysLoaded,
        origin: (aof ? settings.appendfilename : settings.dbfilename)?.origin ?? config,
        hint: aof
          ? 'Is `appendfilename` a name under which a file can lie?'
          : 'Is `dbfilename` a name under which a file can lie?',
      }),
    ];
  }
  return [refused(production, inspection)];
}

/** What the frozen restore, with the same image, has not met is production's own. */
function refused(production: Production, {highestDatabase}: Inspection): Finding {
  const {load, config, settings, cluster, modulesAbsent} = production;
  const {rule, message, hint} = load!.refusal!;
  // Some say so, some crash.
  if (cluster && highestDatabase > 0) {
    return fail(
      'production/cluster-databases',
      `a node of a cluster has database 0 only, and the dump selects database ${highestDatabase}`,
      {
        expected: 'keys in database 0 only',
        actual: `database ${highestDatabase}`,
        origin: config,
        hint: 'Is this the configuration of the server that wrote the backup? A dump of several databases does not go into a cluster.',
      },
    );
  }
  if (rule === 'restore/too-many-databases') {
    const {value, origin} = settings.databases ?? {value: DEFAULT_DATABASES, origin: config};
    return fail('production/too-few-databases', message, {
      expected: `databases of at least ${highestDatabase + 1}`,
      actual: Number(value),
      origin,
      hint: 'Raise `databases` to at least one more than the highest that the backup selects.',
    });
  }
  if (rule === 'restore/short-read' && production.aof?.cut) return cutTailRefused(production);
  if (rule === 'restore/module-missing' && modulesAbsent.length > 0) {
    return skipped(
      'production/module-missing',
      `${message}, nor does the image have all that the file loads`,
      {
        severity: 'error',
        origin: config,
        hint: 'Name an image with production’s modules in it (--image).',
      },
    );
  }
  if (rule === 'restore/module-missing') {
    return fail('production/module-missing', message, {
      origin: config,
      hint: 'The frozen restore had the module, this one has not: does the file keep the image from loading it, or lack a `loadmodule`?',
    });
  }
  return fail('production/refused', message, {origin: config, hint});
}

/** `databases` of a server whose file does not set it. */
const DEFAULT_DATABASES = '16';

/** Every key of the file is there, or it is known where it went. */
function judgeKeys({load, census, config}: Production, inspection: Inspection): Finding[] {
  const inFile = inspection.dataset.keys;
  const origin = config;
  const {keys, expiredKeys, evictedKeys} = census!;
  const expired = (load!.keysExpired ?? 0) + expiredKeys;
  const skippedEmpty = load!.emptyKeysSkipped ?? inspection.emptyKeys ?? 0;
  // A server that counts nothing (6.0) may have dropped any key with an expiry; a hash goes with its last field.
  const mayBeGone = load!.keysExpired === null ? inspection.dataset.expires : 0;
  const missing = inFile - keys - expired - evictedKeys - skippedEmpty;
  const unexplained = missing - mayBeGone - inspection.hashesWithFieldExpiry;
  const today = [
    expired > 0
      ? pass(
          'production/expired',
          `${expired} of ${inFile} keys have expired since the backup: production would hold ${keys} now`,
          {expected: inFile, actual: keys, origin, severity: 'note'},
        )
      : pass('production/expired', 'no key has expired since the backup', {origin, severity: 'note'}),
  ];
  if (unexplained <= 0) return today;
  const parts = {expected: inFile - expired - evictedKeys - skippedEmpty, actual: keys, origin};
  return [
    fail('production/keys-missing', `${missing} keys of the dump are not there, and nothing says why`, {
      ...parts,
      hint: 'Start a server by hand with this file on a copy of the backup, and look for what removes keys.',
    }),
    ...today,
  ];
}

function judgeMemory({census, settings, config}: Production): Finding[] {
  const {usedMemoryBytes, maxmemoryBytes, maxmemoryPolicy, evictedKeys, keys} = census!;
  const origin = settings.maxmemory?.origin ?? config;
  const policy = maxmemoryPolicy ?? 'no policy';
  const findings: Finding[] = [];
  if (evictedKeys > 0) {
    findings.push(
      fail(
        'production/evicted',
        `DATA LOSS: maxmemory is smaller than the dataset, and ${evictedKeys} keys were evicted (${policy}) right after the load; ${keys} are left`,
        {expected: 0, actual: evictedKeys, origin, hint: RAISE},
      ),
    );
  }
  // Eviction stops at the limit, around which the memory of connections goes up and down.
  const limit = evictedKeys > 0 ? maxmemoryBytes * STILL_EVICTING : maxmemoryBytes;
  if (maxmemoryBytes > 0 && usedMemoryBytes > limit) {
    findings.push(
      fail(
        'production/maxmemory',
        `maxmemory is smaller than the dataset: the server comes up with all commands that write refused (${policy})`,
        {expected: `at most ${maxmemoryBytes}`, actual: usedMemoryBytes, origin, hint: RAISE},
      ),
    );
  }
  if (findings.length > 0) return findings;
  const fits = maxmemoryBytes === 0 ? 'there is no maxmemory' : 'the dataset fits into maxmemory';
  return [pass('production/maxmemory', fits, {origin})];
}

/** Above it a server that evicts what it may has found too little that it may evict. */
const STILL_EVICTING = 1.1;

const RAISE =
  'Restore with a higher maxmemory than the dataset takes (CONFIG SET lowers it afterwards), and ask why production holds more than it allows.';

/** A nightly backup has a name of its own and is renamed; one that still has a dump's name shows what production called it. */
function judgeName({settings, config, dumpName}: Production): Finding[] {
  if (dumpName === null) return [];
  const {value, origin} = settings.dbfilename ?? {value: 'dump.rdb', origin: config};
  const parts = {expected: value, actual: dumpName.name, origin};
  if (dumpName.name === value)
    return [pass('production/file-name', 'the dump has the name that `dbfilename` asks for', parts)];
  if (!dumpName.asWritten)
    return [
      pass('production/file-name', 'the backup is restored under the name that `dbfilename` asks for', parts),
    ];
  return [
    fail(
      'production/file-name',
      'the dump has another name than `dbfilename`: put there as it is, it is not loaded, and the server starts empty',
      {
        ...parts,
        severity: 'warning',
        hint: 'Is this the configuration of the server that wrote the backup? Else let the runbook rename the file.',
      },
    ),
  ];
}

function judgeCompanions({companions, config}: Production): Finding[] {
  return companions.map(({directive, name, origin, found}) => {
    const parts = {origin: origin || config};
    if (found)
      return pass('production/companion-missing', `${name} (${directive}) is beside the dump`, parts);
    if (found === null) {
      return skipped(
        'production/companion-missing',
        `whether ${name} (${directive}) is backed up with the dump is not known`,
        parts,
      );
    }
    return fail('production/companion-missing', `${name} (${directive}) is not beside the dump`, {
      ...parts,
      severity: 'warning',
      hint:
        directive === 'aclfile'
          ? 'Users and their rights are in no dump: back the file up with it, or restore it from where it is kept.'
          : 'Which slots a node owns is in no dump: without the file a restored node claims those of its keys.',
    });
  });
}
