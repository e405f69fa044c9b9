/** What a source lists: one backup, as an artifact that has a name and a place but has not been opened yet. */
export type Backup = {
  /** The last part of its location: a file name. */
  name: string;
  /** A path or URI without credentials. */
  location: string;
  sizeBytes: number;
  /** The store's own time of it, ISO 8601. */
  modifiedAt: string;
};

/** What a file beside the backup says its bytes are. */
export type Checksum = {
  algorithm: 'md5' | 'sha1' | 'sha256' | 'sha512';
  /** Lower case. */
  hex: string;
  /** Where it stands. */
  file: string;
};

/** Nothing to drill where a backup was expected. This is a finding, not an error: the backup is what failed. */
export type NoBackup = {
  rule: 'backup/missing' | 'backup/none-found';
  message: string;
  hint: string;
};

export type Located =
  | {found: true; backup: Backup; path: string; checksums: Checksum[]}
  | {found: false; reason: NoBackup};
