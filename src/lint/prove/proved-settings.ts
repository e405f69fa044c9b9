/**
 * A configuration that was read, as the throwaway server gets it that is to prove it: with its own save points and files,
 * and without what reaches out of the container, is secret, or keeps the proof from writing. In: a reading. Out: settings,
 * with what they leave out and why.
 */
import {
  originOf,
  type Settings,
  type Treatment,
  throwawaySettings,
} from '../../restore/production-settings.ts';
import type {Reading} from '../finding.ts';
import {parsePoints} from '../save-points.ts';

const LEFT_OUT: readonly Treatment[] = [
  {
    names: ['min-replicas-*', 'min-slaves-*', 'cluster-require-full-coverage', 'cluster-node-timeout'],
    because: 'there is no replica and no other node here',
  },
];

export function provedSettings({configuration, effective}: Reading): Settings {
  const {settings, bare} = configuration;
  const asked = () => true;
  const made = throwawaySettings(
    settings.filter(({templated}) => !templated),
    {leftOut: LEFT_OUT, asked},
  );
  const open = settings.filter(({templated}) => templated);
  const changed = open.map(setting => ({
    directive: setting.name,
    origin: originOf(setting),
    because: 'a template decides it',
  }));
  return {
    ...made,
    // Started without a file, old servers have save points that they forget once they are given one.
    own: [...(bare && settings.length === 0 ? stockSaves(effective) : []), ...made.own],
    changed: [...made.changed, ...changed],
  };
}

const stockSaves = ({values}: Reading['effective']): Settings['own'] =>
  parsePoints(values.get('save')?.text ?? '').map(({seconds, changes}) => [
    'save',
    String(seconds),
    String(changes),
  ]);

/** By what decides it and not by the file: our own lines, this machine, this run. */
const OF_THIS_RUN = new Set([
  ...['dir', 'port', 'bind', 'unixsocket', 'unixsocketperm', 'daemonize', 'loglevel', 'logfile', 'pidfile'],
  ...['requirepass', 'maxclients', 'oom-score-adj-values', 'cluster-config-file', 'save'],
]);

/** Whether CONFIG GET can tell what the file says of it. */
export function isComparable(name: string, {changed, own}: Settings): boolean {
  if (OF_THIS_RUN.has(name)) return name === 'save' && !own.some(([of]) => of === 'save');
  return !changed.some(({directive}) => directive === name);
}
