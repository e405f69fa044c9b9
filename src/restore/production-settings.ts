/**
 * A user's redis.conf as the throwaway server gets it: nothing that reaches out of its container, nothing secret, and
 * everything that decides what becomes of a restored dump as it is. In: directives. Out: the lines to write, where each
 * came from, and what was changed and why. Pure; the secrets in the file end here.
 */
import {confText, type Directive, effectiveDirectives, formatDirective} from '../redis/conf.ts';
import type {Conf} from '../redis/conf-files.ts';

/** A directive that the throwaway server gets differently, or not at all. Its value is never told. */
export type Change = {directive: string; origin: string; because: string};

export type Settings = {
  /** What is handed over, a directive a line, in the order of the file. */
  kept: Directive[];
  /** What the drill adds behind it; the last word is its own. */
  own: [name: string, ...args: string[]][];
  changed: Change[];
};

/** By the whole name, or its beginning where it ends in `*`. */
export type Treatment = {names: readonly string[]; because: string};

/** Whatever the server is started for. */
const NEVER_KEPT: readonly Treatment[] = [
  {
    names: [
      ...['port', 'bind', 'bind-source-addr', 'protected-mode', 'unixsocket', 'unixsocketperm'],
      ...['unixsocketgroup', 'socket-mark-id', 'tls-*', 'rdma-*', 'mptcp', 'repl-mptcp'],
      ...['cluster-announce-*', 'cluster-port', 'replica-announce-*', 'slave-announce-*'],
    ],
    because: 'the throwaway server has no network',
  },
  {
    names: ['replicaof', 'slaveof', 'masterauth', 'masteruser', 'primaryauth', 'primaryuser'],
    because: 'it is restored as a primary, from the backup alone',
  },
  {
    names: ['requirepass', 'user', 'aclfile'],
    because: 'nobody but the drill can reach it, and credentials stay in the file',
  },
  {
    names: [
      ...['daemonize', 'supervised', 'pidfile', 'logfile', 'loglevel', 'syslog-*', 'log-format'],
      ...['log-timestamp-format', 'crash-log-enabled'],
    ],
    because: 'the drill starts it, and reads its log as evidence',
  },
  {
    names: [
      ...['oom-score-adj', 'oom-score-adj-values', 'disable-thp', 'server_cpulist', 'bio_cpulist'],
      ...['aof_rewrite_cpulist', 'bgsave_cpulist', 'server-cpulist', 'bio-cpulist'],
      ...['aof-rewrite-cpulist', 'bgsave-cpulist', 'activedefrag', 'locale-collate'],
    ],
    because: 'it is about the machine or the build, not about the data',
  },
  {names: ['dir', 'cluster-config-file'], because: 'it stands for a private directory of the drill'},
];

const FROZEN: Treatment = {
  names: ['save', 'auto-aof-rewrite-percentage'],
  because: 'the throwaway server saves nothing',
};

/** Of all commands the drill asks but this one. */
const ASKED = 'info';

export const originOf = ({file, line}: Directive): string => `${file}:${line}`;

export function productionSettings({directives}: Conf): Settings {
  const asked = (command: string) => command === ASKED;
  const {own, ...rest} = throwawaySettings(directives, {leftOut: [FROZEN], asked});
  return {...rest, own: [...own, ...STAYS_FROZEN]};
}

/** A server that does all that its configuration says, but in its container: `asked` are the commands that we call. */
export function throwawaySettings(
  directives: readonly Directive[],
  {leftOut, asked}: {leftOut: readonly Treatment[]; asked: (command: string) => boolean},
): Settings {
  const treatments = [...NEVER_KEPT, ...leftOut];
  const kept: Directive[] = [];
  const changed: Change[] = [];
  for (const directive of directives) {
    const because = whyLeftOut(directive, treatments, asked);
    if (because === null) kept.push(directive);
    else changed.push({directive: directive.name, origin: originOf(directive), because});
  }
  const cluster = saysYes(directives, 'cluster-enabled');
  return {kept, own: [...(cluster ? IN_A_CLUSTER : NO_PORT), ...OWN], changed};
}

function whyLeftOut(
  {name, args}: Directive,
  treatments: readonly Treatment[],
  asked: (command: string) => boolean,
): string | null {
  if (name === 'rename-command' && asked(args[0]?.toLowerCase() ?? '')) return 'the drill asks it';
  const fits = (pattern: string) =>
    pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
  return treatments.find(({names}) => names.some(fits))?.because ?? null;
}

const OWN: Settings['own'] = [
  ['unixsocketperm', '700'],
  ['daemonize', 'no'],
  // The lines that prove a load are notices, and on stdout.
  ['loglevel', 'notice'],
  ['logfile', ''],
];

const STAYS_FROZEN: Settings['own'] = [
  // Any save point rewrites the dump at SIGTERM.
  ['save', ''],
  ['auto-aof-rewrite-percentage', '0'],
];

const NO_PORT: Settings['own'] = [['port', '0']];
/** A cluster's node does not start without a port; in its container there is a loopback, and nobody else on it. */
const IN_A_CLUSTER: Settings['own'] = [
  ['port', '6379'],
  ['bind', '127.0.0.1'],
  ['cluster-config-file', 'nodes.conf'],
];

/** The file itself. A server names a line of it when it refuses one: the first lines are `kept`, one by one. */
export function writtenOut({kept, own}: Settings, places: {dir: string; socket: string}): string {
  const mapped: Settings['own'] = [
    ['unixsocket', places.socket],
    ['dir', places.dir],
  ];
  const lines = [...kept.map(({name, args}) => formatDirective(name, args))];
  for (const [name, ...args] of [...mapped, ...own]) lines.push(formatDirective(name, args));
  return `${lines.join('\n')}\n`;
}

/** Without these lines; `shown` is the name that is told of them. */
export function without(
  settings: Settings,
  left: readonly Directive[],
  shown: string,
  because: string,
): Settings {
  const more = left.map(line => ({directive: shown, origin: originOf(line), because}));
  return {
    ...settings,
    kept: settings.kept.filter(line => !left.includes(line)),
    changed: [...settings.changed, ...more],
  };
}

/** What holds in the end of a directive with one argument; `null` where the file leaves it at its default. */
export function settingOf(
  directives: readonly Directive[],
  name: string,
): {value: string; origin: string} | null {
  const directive = effectiveDirectives(directives).get(name)?.at(-1);
  const value = directive?.args[0];
  return value === undefined ? null : {value: confText(value), origin: originOf(directive!)};
}

/** Redis takes only a name without a path, and dies of any other: `null`, no file has to be there then. */
export function nameSet({kept}: Settings, directive: string, usual: string): string | null {
  const name = settingOf(kept, directive)?.value ?? usual;
  return /^(\.{0,2}|.*[/\\\0].*)$/s.test(name) ? null : name;
}

export const saysYes = (directives: readonly Directive[], name: string): boolean =>
  settingOf(directives, name)?.value.toLowerCase() === 'yes';
