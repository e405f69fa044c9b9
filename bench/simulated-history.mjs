/**
 * A year of nightly drills, as records: seeded, with weekly cycles, growth and noise, busy nights, a drill that was
 * missed, and from some night on one thing that goes wrong. In: a seed and a regression, or none. Out: a record a night.
 */

import {REGRESSIONS} from './regressions.mjs';

const DAY_MS = 24 * 60 * 60_000;
const START = Date.parse('2026-01-05T03:00:00.000Z');

/** mulberry32: small, seeded, the same everywhere. */
export function randomOf(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const normal = () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return {
    next,
    normal,
    hex: digits => Array.from({length: digits}, () => Math.floor(next() * 16).toString(16)).join(''),
  };
}

/** What a backup is made of: keys, how they cycle through the week (weekend to weekday), grow in a year, and stray. */
const GROUPS = [
  {
    name: 'user:*',
    db: 0,
    type: 'hash',
    keys: 80_000,
    bytes: 220,
    ttl: 0,
    weekend: 1,
    growth: 0.25,
    noise: 0.002,
  },
  {
    name: 'session:*',
    db: 0,
    type: 'string',
    keys: 30_000,
    bytes: 90,
    ttl: 1,
    weekend: 0.65,
    growth: 0.1,
    noise: 0.03,
  },
  {
    name: 'cart:*',
    db: 0,
    type: 'hash',
    keys: 6_000,
    bytes: 160,
    ttl: 0.9,
    weekend: 1.3,
    growth: 0.1,
    noise: 0.04,
  },
  {
    name: 'product:*',
    db: 1,
    type: 'string',
    keys: 12_000,
    bytes: 400,
    ttl: 0,
    weekend: 1,
    growth: 0.05,
    noise: 0.001,
  },
  {
    name: 'queue:*',
    db: 2,
    type: 'list',
    keys: 300,
    bytes: 2_000,
    ttl: 0,
    weekend: 0.8,
    growth: 0,
    noise: 0.08,
  },
  {name: 'flag:*', db: 1, type: 'string', keys: 40, bytes: 60, ttl: 0, weekend: 1, growth: 0, noise: 0},
];

/** What a night is before anything goes wrong; regressions change it. */
function healthy(night, {normal, next, hex}) {
  const weekday = (night + 1) % 7;
  const weekend = weekday === 6 || weekday === 0;
  const groups = GROUPS.map(({name, db, type, keys, bytes, ttl, growth, noise, weekend: factor}) => ({
    name,
    db,
    type,
    keys: keys * (weekend ? factor : 1) * (1 + (growth * night) / 365) * Math.exp(noise * normal()),
    bytes: bytes * Math.exp(0.003 * normal()),
    ttl: ttl === 0 || ttl === 1 ? ttl : Math.min(1, Math.max(0, ttl + 0.005 * normal())),
  }));
  return {
    groups,
    functions: 2,
    memoryPerByte: 2.1 * Math.exp(0.01 * normal()),
    // Runners are shared: most nights much the same, one in thirty twice as slow.
    msPerMb: 150 * Math.exp(0.12 * normal()) * (next() < 1 / 30 ? 2 : 1),
    ageMs: 3 * 3_600_000 + 6 * 60_000 * normal() + (weekend ? 20 * 60_000 : 0),
    digest: hex(40),
    sha256: hex(64),
  };
}

const sum = (groups, what) => groups.reduce((total, one) => total + what(one), 0);
const typesOf = groups => {
  const types = {};
  const add = (type, keys) => {
    if (keys > 0) types[type] = (types[type] ?? 0) + keys;
  };
  for (const {type, keys, mixed = 0} of groups) {
    const others = Math.round(keys * mixed);
    add('hash', others);
    add(type, keys - others);
  }
  return types;
};

function recordOf(night, state) {
  const finished = START + night * DAY_MS;
  const groups = state.groups.map(one => {
    const keys = Math.round(one.keys);
    return {...one, keys, expires: Math.round(keys * one.ttl), bytes: Math.round(keys * one.bytes)};
  });
  const plainBytes = sum(groups, one => one.bytes) + 2_000;
  const byDatabase = Object.groupBy(
    groups.filter(({keys}) => keys > 0),
    ({db}) => String(db),
  );
  const counts = its => ({keys: sum(its, one => one.keys), expires: sum(its, one => one.expires)});
  const restoreMs = Math.round(600 + (plainBytes / 2 ** 20) * state.msPerMb);
  return {
    schemaVersion: 1,
    backup: 'shop',
    outcome: 'passed',
    depth: 'full',
    proof: 'debug-digest',
    failed: [],
    warned: [],
    startedAt: new Date(finished - restoreMs).toISOString(),
    finishedAt: new Date(finished).toISOString(),
    artifact: {
      sizeBytes: Math.round(plainBytes * 0.6),
      plainBytes,
      sha256: state.sha256,
      takenAt: new Date(finished - restoreMs - state.ageMs).toISOString(),
      modifiedAt: null,
    },
    server: {line: 'redis:7.0', version: '7.0.15', kind: 'container', image: 'redis:7.0'},
    dataset: {
      ...counts(groups),
      databases: Object.fromEntries(Object.entries(byDatabase).map(([db, its]) => [db, counts(its)])),
      types: typesOf(groups),
      functions: state.functions,
      digest: {algorithm: 'redis-debug-digest', dialect: '7.2', hex: state.digest},
      groups: Object.fromEntries(
        groups.map(one => [
          one.name,
          {keys: one.keys, expires: one.expires, types: typesOf([one]), bytes: one.bytes},
        ]),
      ),
    },
    usedMemoryBytes: Math.round(plainBytes * state.memoryPerByte),
    timings: {restoreMs, totalMs: restoreMs + 400},
  };
}

/** Never strays: for what a regression does without the noise around it. */
const QUIET = {normal: () => 0, next: () => 0.5};

/** Oldest first, with the number of each night; a night in fifty has no drill. `from`: the first night of the regression. */
export function simulate({seed, nights, regression, from = Number.POSITIVE_INFINITY, quiet = false}) {
  const random = {...randomOf(seed), ...(quiet && QUIET)};
  const drilled = [];
  let last;
  for (let night = 0; night < nights; night += 1) {
    const state = healthy(night, random);
    const missed = random.next() < 1 / 50;
    if (night >= from) REGRESSIONS[regression].inflict(state, night - from + 1, last);
    else last = structuredClone(state);
    // What goes wrong is drilled: a night without a drill finds nothing, whatever the statistic.
    if (!missed || night >= from) drilled.push({night, record: recordOf(night, state)});
  }
  return drilled;
}
