/**
 * Whether a drill of own-drill.yml ended as it should: `check-verdict.mjs passed`, or `check-verdict.mjs failed RULE`.
 * Reads the step's outcome and outputs from the environment, and the report that they name.
 */
import {deepStrictEqual, ok, strictEqual} from 'node:assert';
import {readFileSync} from 'node:fs';

const [verdict, rule] = process.argv.slice(2);
const {OUTCOME, OUTPUTS = '{}'} = process.env;
const outputs = JSON.parse(OUTPUTS);
const report = JSON.parse(readFileSync(outputs['report-path'], 'utf8'));
/** @type {string[]} */
const errors = report.findings
  .filter(
    (/** @type {{status: string, severity: string}} */ {status, severity}) =>
      status === 'fail' && severity === 'error',
  )
  .map((/** @type {{rule: string}} */ finding) => finding.rule);

strictEqual(OUTCOME, verdict === 'passed' ? 'success' : 'failure', 'the outcome of the step');
strictEqual(outputs.outcome, verdict, 'the output outcome');
strictEqual(report.outcome, verdict, 'the outcome in the report');
strictEqual(JSON.parse(outputs.findings).error, errors.length, 'the number of errors');
if (verdict === 'passed') {
  strictEqual(outputs.keys, '370');
  deepStrictEqual(errors, []);
} else {
  ok(rule && errors.includes(rule), `${rule} is not among the errors: ${errors.join(', ')}`);
}
console.log(`${verdict}${rule ? ` by ${rule}` : ''}, as it should`);
