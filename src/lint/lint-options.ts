/** The options of `restore-drill lint`, for the command line and for the Action. */
import type {ReportFlags} from './report-files.ts';

export const FORMATS = ['text', 'json', 'sarif', 'junit', 'github'];

export const LINT_OPTIONS = [
  {flag: '--base <file>', help: 'what it was before: only what the change makes worse fails'},
  {flag: '--format <format>', help: 'text, json, sarif, junit or github'},
  {flag: '--prove', help: 'start servers with it in containers: what they say, keep and lose'},
  {flag: '--image <ref>', help: 'the server to prove it on; auto takes the version that files tell'},
  {flag: '--report-json <file>', help: 'also write the report as JSON'},
  {flag: '--report-sarif <file>', help: 'also write it as SARIF'},
  {flag: '--report-junit <file>', help: 'also write it as JUnit XML'},
  {flag: '--config <file>', help: 'config file (restore-drill.yml here, if there is one)'},
];

export type LintFlags = ReportFlags & {
  base?: string | undefined;
  format?: string;
  config?: string | undefined;
  prove?: boolean | undefined;
  image?: string | undefined;
};

/** Of lint/action.yml: files are named without a flag, and a step shows in every form that GitHub has. */
export const LINT_INPUTS = [
  'files',
  'base',
  'prove',
  'image',
  'comment',
  'report-json',
  'report-sarif',
  'report-junit',
  'config',
];
