/**
 * What each rule is about, for reports that bring the documentation of their rules along. The texts are the paragraphs of
 * docs/lint.md, which a test holds against them.
 */

export type RuleText = {
  /** A few words. */
  title: string;
  /** Markdown. */
  text: string;
};

export const RULE_TEXTS: Record<string, RuleText> = {
  'lint/worst-case-loss': {
    title: 'More can be lost',
    text: 'How much can be lost grows, or is more than `max-loss` allows.',
  },
  'lint/aof-turned-off': {
    title: 'Append-only file turned off',
    text: 'A server that restarts without its append-only file loads its dump, however old that is. Where there are save points an orderly shutdown saves a new one; a server that is killed, or takes longer than it is given, does not.',
  },
  'lint/aof-over-dump': {
    title: 'Append-only file turned on over a dump',
    text: 'With `appendonly yes` a server loads the append-only file alone. Where none is there yet, the dump beside it is ignored, whoever asked for it: the server is ready, and empty. Turn it on with `CONFIG SET appendonly yes` first, which writes the file from what is in memory.',
  },
  'lint/files-moved': {
    title: 'Data is looked for elsewhere',
    text: '`dir`, `dbfilename`, `appendfilename` or `appenddirname` changed: the server looks for its data elsewhere, and the backup job copies what is no longer written.',
  },
  'lint/load-refused': {
    title: 'The server may refuse its own dump',
    text: 'With fewer databases, as a cluster, without a module, as an older version or another product, or with a command renamed that is in the append-only file, the server may refuse its own data. An append-only file that was never rewritten is not refused for its databases: keys of those that are gone land in others.',
  },
  'lint/data-left-behind': {
    title: 'A restart leaves less of the data',
    text: 'A restart with the change leaves less of the data than one without it, for a reason that no other rule has: an older version, for one, does not look for the append-only file where a newer one keeps it.',
  },
  'lint/becomes-replica': {
    title: 'A primary becomes a replica',
    text: "A new replica replaces its data by its primary's.",
  },
  'lint/deploy-loses-keys': {
    title: 'A deploy loses keys',
    text: 'After a deploy over existing data the server has fewer keys than after a restart without the change, has them in other databases, or does not start. Counted on real servers.',
  },
  'lint/server-refuses': {
    title: 'The server does not start',
    text: 'An error: the server does not start with a line, or with the configuration as a whole.',
  },
  'lint/loss-beyond-worst-case': {
    title: 'More was lost than computed',
    text: 'An error: a killed server had lost more than was computed, and two seconds. Please report it.',
  },
  'lint/read-otherwise': {
    title: 'The server has another value',
    text: 'A warning: a server has another value than lint read from the files. Please report it.',
  },
  'lint/predicted-otherwise': {
    title: 'Another number of keys than predicted',
    text: 'A warning: after a deploy a server has other keys than lint had predicted without it. Please report it.',
  },
  'lint/not-proved': {
    title: 'Not proved',
    text: 'A note: what could not be proved, and why.',
  },
  'lint/nothing-persisted': {
    title: 'Nothing is persisted',
    text: 'A warning: neither save points nor an append-only file.',
  },
  'lint/dump-not-written': {
    title: 'No dump is written',
    text: 'Save points are off. A note beside an append-only file; worse when a change does it, and where a script copies the dump without asking for one.',
  },
  'lint/checksum-off': {
    title: 'Dumps without a checksum',
    text: 'A warning: `rdbchecksum no`.',
  },
  'lint/writes-after-failed-save': {
    title: 'Writes go on after a failed save',
    text: 'A warning: `stop-writes-on-bgsave-error no` with save points.',
  },
  'lint/truncated-aof-refused': {
    title: 'A cut append-only file is refused',
    text: 'A note: `aof-load-truncated no`.',
  },
  'lint/aof-without-preamble': {
    title: 'Append-only file without a preamble',
    text: 'A warning: `aof-use-rdb-preamble no` with an append-only file.',
  },
  'lint/sync-files-deleted': {
    title: 'Dumps of replication are deleted',
    text: 'A warning: `rdb-del-sync-files yes` without persistence.',
  },
  'lint/keys-evicted': {
    title: 'Keys are evicted',
    text: 'Keys are removed when memory is full. A warning where any key may be and the data is persisted; else a note.',
  },
  'lint/aof-never-rewritten': {
    title: 'Append-only file is never rewritten',
    text: 'A warning: `auto-aof-rewrite-percentage 0`.',
  },
  'lint/shutdown-without-save': {
    title: 'Shutdown without a save',
    text: 'A warning: `shutdown-on-sigterm nosave` or `shutdown-on-sigint nosave` without an append-only file.',
  },
  'lint/unknown-directive': {
    title: 'Unknown directive',
    text: "An error where the version's own table does not have it, a warning where the versions on both sides do not, else a note.",
  },
  'lint/refused-value': {
    title: 'Value that the server refuses',
    text: 'An error: the server does not start with this value.',
  },
  'lint/save-line-ignored': {
    title: 'Save line that is passed over',
    text: 'An error: Redis before 7.0 passes over a `save` line of more or fewer than two words without a word of its own.',
  },
  'lint/unreadable-line': {
    title: 'Line that cannot be read',
    text: 'An error: quotes that do not balance.',
  },
  'lint/backup-command-renamed': {
    title: 'Command of backups renamed',
    text: 'A warning: `rename-command` of `BGSAVE`, `LASTSAVE`, `CONFIG`, `INFO`, `PSYNC` and others that backups need.',
  },
  'lint/value-not-known': {
    title: 'Value that is not known',
    text: 'A note: a template, or a file that is not here, decides.',
  },
  'lint/ignored-without-reason': {
    title: 'Ignored without a reason',
    text: 'An error: `restore-drill-ignore` without a reason, which silences nothing.',
  },
  'lint/copy-before-saved': {
    title: 'Dump copied before it is saved',
    text: 'An error: the dump is copied after `BGSAVE` without waiting for it. A fixed `sleep` is not waiting.',
  },
  'lint/copy-of-live-aof': {
    title: 'Append-only file copied while it is written',
    text: 'A warning: the append-only file or the whole data directory is copied while the server may rewrite it.',
  },
  'lint/unchecked-transfer': {
    title: 'Failed transfer that nobody notices',
    text: 'A warning: what `redis-cli --rdb` says of its failure is swallowed by a pipe or by `|| true`.',
  },
  'lint/other-file-copied': {
    title: 'Another file is copied',
    text: 'A warning: a dump is copied that is not what `dbfilename` of the configurations beside it says.',
  },
};
