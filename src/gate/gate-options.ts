/** Flags of `restore-drill gate`, which are the inputs of gate/action.yml: both edges take them from here. */

/** `repeated`: again for each; as an input one a line, or with commas. */
export const GATE_OPTIONS = [
  {flag: '--history <place>', help: 'records of drills: a directory, branch:NAME or s3://bucket/'},
  {flag: '--workflow <file>', help: 'the workflow that holds the drills, such as nightly-drill.yml'},
  {flag: '--repository <owner/name>', help: 'its repository (GITHUB_REPOSITORY)'},
  {flag: '--branch <name>', help: 'its branch (main)'},
  {flag: '--require <names>', help: 'backups, with commas (those of the config, else all that are known)'},
  {flag: '--config <file>', help: 'config file that lists them (restore-drill.yml here, if there is one)'},
  {flag: '--max-age <duration>', help: 'of the newest drill, such as 26h'},
  {flag: '--max-backup-age <duration>', help: 'of the backup that it drilled'},
  {flag: '--server <line>', help: 'it was drilled on, such as redis:8.0; again for each', repeated: true},
  {flag: '--depth <depth>', help: 'full (the default), or quick to let quick drills count'},
  {flag: '--report-json <file>', help: 'write what was decided, and why, as JSON'},
] as const;

/** `--max-age <duration>` is the input `max-age`. */
export const inputOf = ({flag}: (typeof GATE_OPTIONS)[number]): string => flag.slice(2).split(' ')[0]!;
