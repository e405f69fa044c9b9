/**
 * What may go wrong with backups from some night on, in simulated histories. In: the state of a night, how many nights it
 * has gone on (1 the first), and the last good night. Each changes the state, and names the rules that ought to find it.
 */

const DAY_MS = 24 * 60 * 60_000;

const group = (state, name) => state.groups.find(one => one.name === name);
const slower = (state, factor) => {
  state.msPerMb *= factor;
};

/**
 * The kinds of regressions: what each does to a night that is so many nights after it began (1 the first), and by which
 * rule it is to be found.
 */
export const REGRESSIONS = {
  'slow leak: 1 % of all keys a night': {
    rules: ['trend/keys-falling'],
    inflict: (state, n) => {
      for (const its of state.groups) its.keys *= 0.99 ** Math.min(n, 30);
    },
  },
  'slow leak in one group: 1 % a night': {
    rules: ['trend/keys-falling'],
    inflict: (state, n) => {
      group(state, 'user:*').keys *= 0.99 ** Math.min(n, 30);
    },
  },
  'a tenth of a group gone, as many keys more elsewhere': {
    rules: ['trend/keys-falling'],
    inflict: state => {
      const users = group(state, 'user:*');
      group(state, 'session:*').keys += users.keys * 0.1;
      users.keys *= 0.9;
    },
  },
  '8 % of all keys gone': {
    rules: ['trend/keys-falling'],
    inflict: state => {
      for (const its of state.groups) its.keys *= 0.92;
    },
  },
  'a group vanished': {
    rules: ['trend/vanished'],
    inflict: state => {
      group(state, 'cart:*').keys = 0;
    },
  },
  'a database vanished': {
    rules: ['trend/vanished'],
    inflict: state => {
      for (const its of state.groups) if (its.db === 1) its.keys = 0;
    },
  },
  'function libraries gone': {
    rules: ['trend/vanished'],
    inflict: state => {
      state.functions = 0;
    },
  },
  'TTL coverage of a group lost': {
    rules: ['trend/ttl-coverage'],
    inflict: state => {
      group(state, 'session:*').ttl = 0.5;
    },
  },
  'TTL coverage lost by 1 point a night': {
    rules: ['trend/ttl-coverage'],
    inflict: (state, n) => {
      group(state, 'session:*').ttl = Math.max(0, 1 - 0.01 * n);
    },
  },
  'keys that never expired do now': {
    rules: ['trend/ttl-coverage'],
    inflict: state => {
      group(state, 'user:*').ttl = 0.2;
    },
  },
  'the same backup drilled again': {
    rules: ['trend/same-backup'],
    inflict: (state, n, last) => {
      Object.assign(state, {...last, ageMs: last.ageMs + n * DAY_MS, msPerMb: state.msPerMb});
    },
  },
  'new backups of a replica that stands still': {
    rules: ['trend/same-data'],
    inflict: (state, _n, last) => {
      Object.assign(state, {...last, ageMs: state.ageMs, msPerMb: state.msPerMb, sha256: state.sha256});
    },
  },
  'size collapse: keys without their values': {
    rules: ['trend/size-falling'],
    inflict: state => {
      for (const its of state.groups) its.bytes *= 0.4;
    },
  },
  'values of a group shrink by 1 % a night': {
    rules: ['trend/size-falling'],
    inflict: (state, n) => {
      group(state, 'user:*').bytes *= 0.99 ** Math.min(n, 40);
    },
  },
  'values grow by 3 % a night': {
    rules: ['trend/size-rising'],
    inflict: (state, n) => {
      for (const its of state.groups) its.bytes *= 1.03 ** Math.min(n, 30);
    },
  },
  'runaway keys: a group grows by 5 % a night': {
    rules: ['trend/keys-rising'],
    inflict: (state, n) => {
      group(state, 'user:*').keys *= 1.05 ** Math.min(n, 30);
    },
  },
  'restores creep: 3 % slower each night': {
    rules: ['trend/restore-slower'],
    inflict: (state, n) => slower(state, 1.03 ** Math.min(n, 40)),
  },
  'restores take twice as long': {rules: ['trend/restore-slower'], inflict: state => slower(state, 2)},
  'memory creeps: 1 % more each night': {
    rules: ['trend/memory-rising'],
    inflict: (state, n) => {
      state.memoryPerByte *= 1.01 ** Math.min(n, 40);
    },
  },
  'a quarter more memory for the same data': {
    rules: ['trend/memory-rising'],
    inflict: state => {
      state.memoryPerByte *= 1.25;
    },
  },
  'backups come 20 minutes later each night': {
    rules: ['trend/age-rising'],
    inflict: (state, n) => {
      state.ageMs += 20 * 60_000 * Math.min(n, 30);
    },
  },
  'backups are taken half a day earlier': {
    rules: ['trend/age-rising'],
    inflict: state => {
      state.ageMs += 12 * 3_600_000;
    },
  },
  'a group is written as another type': {
    rules: ['trend/types', 'trend/vanished'],
    inflict: state => {
      group(state, 'product:*').type = 'hash';
    },
  },
  'a group turns into another type, 2 points a night': {
    rules: ['trend/types'],
    inflict: (state, n) => {
      group(state, 'product:*').mixed = Math.min(1, 0.02 * n);
    },
  },
};
