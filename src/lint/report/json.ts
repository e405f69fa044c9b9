/** A lint report for programs. The form is stable: fields may be added, none is taken away. */
import {z} from 'zod';
import {failing, type Linted} from '../lint.ts';
import type {Loss} from '../loss.ts';
import {proofSchema} from '../prove/proof.ts';
import {plainPath, summaryRows} from './wording.ts';

const lossSchema = z
  .strictObject({
    /** `null`: everything. */
    seconds: z.number().min(0).nullable(),
    because: z.string(),
  })
  .nullable();
const lossesSchema = z.strictObject({processCrash: lossSchema, hostCrash: lossSchema});

export const lintReportSchema = z.strictObject({
  schemaVersion: z.literal(1),
  outcome: z.enum(['passed', 'failed']),
  /** Whether there was a base. */
  compared: z.boolean(),
  configurations: z.array(
    z.strictObject({
      name: z.string(),
      file: z.string(),
      server: z.string().nullable(),
      losses: lossesSchema,
      lossesBefore: lossesSchema.nullable(),
      changes: z.array(z.strictObject({what: z.string(), before: z.string(), after: z.string()})),
      /** With --prove. */
      proof: proofSchema.optional(),
    }),
  ),
  findings: z.array(
    z.strictObject({
      rule: z.string(),
      severity: z.enum(['error', 'warning', 'note']),
      direction: z.enum(['worse', 'better', 'same']).nullable(),
      file: z.string(),
      line: z.int(),
      column: z.int(),
      message: z.string(),
      fix: z.string(),
      suppressed: z.string().optional(),
    }),
  ),
});
export type LintReport = z.infer<typeof lintReportSchema>;

const lossOf = (loss: Loss | null) =>
  loss && {seconds: Number.isFinite(loss.seconds) ? loss.seconds : null, because: loss.because};

export function lintReport(linted: Linted): LintReport {
  const {findings, summaries, compared} = linted;
  return {
    schemaVersion: 1,
    outcome: failing(linted).length > 0 ? 'failed' : 'passed',
    compared,
    configurations: summaries.map(summary => {
      const {head, base, name, file, proof} = summary;
      const {target} = head.configuration;
      const losses = ({losses: {processCrash, hostCrash}}: typeof head) => ({
        processCrash: lossOf(processCrash),
        hostCrash: lossOf(hostCrash),
      });
      return {
        name,
        file: plainPath(file),
        server: target && `${target.product}:${target.line}`,
        losses: losses(head),
        lossesBefore: base && losses(base),
        changes: summaryRows(summary).flatMap(({what, before, after}) =>
          before === null || before === after ? [] : [{what, before, after}],
        ),
        ...(proof && {proof}),
      };
    }),
    findings: findings.map(({place: {file, line, column}, ...finding}) => ({
      ...finding,
      file: plainPath(file),
      line,
      column,
    })),
  };
}
