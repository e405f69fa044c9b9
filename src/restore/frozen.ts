/**
 * The settings of a frozen restore: a server that believes it is a replica keeps keys whose time has passed, evicts
 * nothing and refuses writes, so that what it holds is the dataset at the moment of the backup.
 */

import {AOF_DIRECTORY, AOF_FILE, type Payload} from './payload.ts';

/** Where restore puts what is loaded and the socket, in the server's own view of the file system. */
export type Places = {directory: string; socket: string};

export const DUMP_FILE = 'dump.rdb';

/** Unix socket paths are cut at 108 bytes by the kernel (sun_path), the closing zero included. */
export const MAX_SOCKET_PATH_BYTES = 107;

/** Databases cost next to nothing when empty; a dump that selects a higher one than the server has is refused. */
const MIN_DATABASES = 1024;
const MAX_DATABASES = 65_536;

/** As many as a server is started with for a dump whose highest is this. */
export const databasesFor = (highestDatabase: number): number =>
  Math.min(Math.max(MIN_DATABASES, highestDatabase + 1), MAX_DATABASES);

export function frozenFlags(
  places: Places,
  options: {highestDatabase: number; debugCommand: boolean; payload: Payload},
): string[] {
  const databases = databasesFor(options.highestDatabase);
  return [
    ...['--port', '0'],
    ...['--unixsocket', places.socket, '--unixsocketperm', '700'],
    ...['--dir', places.directory, '--dbfilename', DUMP_FILE],
    // Any save point rewrites dump.rdb at SIGTERM, even when nothing changed.
    ...['--save', ''],
    ...(options.payload.kind === 'rdb' ? ['--appendonly', 'no'] : aofFlags(options.payload)),
    ...['--maxmemory', '0'],
    // An image whose own configuration skips it would load what is damaged.
    ...['--rdbchecksum', 'yes'],
    ...['--databases', String(databases)],
    // Port 0 of loopback: nobody can ever listen there and make this server sync away its data.
    ...['--replicaof', '127.0.0.1', '0'],
    ...['--daemonize', 'no'],
    ...['--loglevel', 'notice'],
    // On stdout, whatever the image's own configuration says: the log is the evidence.
    ...['--logfile', ''],
    // From 7.0 on; 6.0 and 6.2 allow DEBUG anyway and die of the unknown directive.
    ...(options.debugCommand ? ['--enable-debug-command', 'local'] : []),
  ];
}

/** What is cut short is cut on our copy, or it is damage: the server does not decide that on its own. */
function aofFlags({multiPart}: Extract<Payload, {kind: 'aof'}>): string[] {
  return [
    ...['--appendonly', 'yes', '--appendfilename', AOF_FILE],
    // From 7.0 on, as are manifests.
    ...(multiPart ? ['--appenddirname', AOF_DIRECTORY] : []),
    ...['--aof-load-truncated', 'no'],
    // It is there to be read once.
    ...['--auto-aof-rewrite-percentage', '0', '--appendfsync', 'no'],
  ];
}
