/** What the stages after this one know of a backup: which it is, why this one, and what the store and files beside it say. */

export type Backup = {
  /** The last part of its location: a file name. */
  name: string;
  /** A path or URI without credentials. */
  location: string;
  /** `null` until it has been fetched, where its store cannot tell before. */
  sizeBytes: number | null;
  /** The store's own time of it, ISO 8601; `null` of what has none, such as the output of a program. */
  modifiedAt: string | null;
  /** Why this one, of how many. Absent of a backup that was named itself. */
  selection?: {because: string; candidates: number};
};

/** What a file beside the backup says its bytes are. */
export type Checksum = {
  algorithm: 'md5' | 'sha1' | 'sha256' | 'sha512';
  /** Lower case; `null` where a file that is named after the backup tells none. */
  hex: string | null;
  /** Where it stands. */
  file: string;
  /** Which file of an append-only file it is of; absent of a backup that is one file. */
  of?: string;
  /** Why nobody knows what it tells: it is there, and could not be read. */
  unread?: string;
};

/** A file that a producer left beside a backup, and its text, which nobody has checked; or why it could not be read. */
export type SideFile = {
  /** Its name, such as `dump.rdb.gz.expect.json`. */
  file: string;
  /** A path or URI without credentials. */
  location: string;
} & ({text: string; unread?: never} | {text?: never; unread: string});

/** What lies beside a backup and is named after it; `null` where there is none. */
export type Beside = {
  /** What the backup is to be judged by. */
  expectations: SideFile | null;
};

/** Nothing to drill where a backup was expected. This is a finding, not an error: the backup is what failed. */
export type NoBackup = {
  rule: 'backup/missing' | 'backup/none-found';
  message: string;
  hint: string;
};

/** One of the same series as the backup: named alike but for digits, and not newer. */
export type Sibling = {name: string; modifiedAt: string; sizeBytes: number};

/** What the listing says of the backup and of those around it. */
export type Listed = {
  /** When it was asked for, by this machine's clock; ISO 8601. */
  listedAt: string;
  storedAt: string | null;
  /** What speaks against the choice: two that are equally new, a name that contradicts the store's time. */
  doubts: string[];
  /** Oldest first, the backup itself last; empty where it was named itself. */
  series: Sibling[];
};
