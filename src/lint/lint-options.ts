/** The options of `restore-drill lint`, for the command line and for the Action. */

export const FORMATS = ['text', 'json', 'sarif', 'junit', 'github'];

export const LINT_OPTIONS = [
  {flag: '--base <file>', help: 'what it was before: only what the change makes worse fails'},
  {flag: '--format <format>', help: 'text, json, sarif, junit or github'},
  {flag: '--config <file>', help: 'config file (restore-drill.yml here, if there is one)'},
];

export type LintFlags = {base?: string | undefined; format?: string; config?: string | undefined};

/** Of lint/action.yml: files are named without a flag, and a step shows in every form that GitHub has. */
export const LINT_INPUTS = ['files', 'base', 'config'];
