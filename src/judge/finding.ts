/** One check and what came of it. Findings are what people read and machines count; each has a heading in docs/rules.md. */
import {z} from 'zod';

export const SEVERITIES = ['error', 'warning', 'note'] as const;

export const findingSchema = z.strictObject({
  /** Stable id, `stage/what`. */
  rule: z.string().regex(/^[a-z]+\/[a-z-]+$/),
  /** `ignored`: a failure that the config says to ignore; it fails nothing, and is no pass. */
  status: z.enum(['pass', 'fail', 'ignored', 'skipped']),
  /**
   * What a failure of it means: an error fails the drill, a warning is shown, a note is for the curious. Of a skipped
   * check: an error means that without it nothing is proved, so that the drill cannot pass.
   */
  severity: z.enum(SEVERITIES),
  message: z.string(),
  expected: z.union([z.string(), z.number(), z.null()]),
  actual: z.union([z.string(), z.number(), z.null()]),
  /** What to do next; empty where nothing is to be done. */
  hint: z.string(),
  /** Where the expectation comes from: `restore-drill.yml:12`, `expected.json: databases.0.keys`, or the ledger. */
  origin: z.string(),
  /** Why a failure is ignored, until which day at the latest, and where that was written. */
  ignored: z
    .strictObject({reason: z.string(), until: z.iso.date().optional(), origin: z.string()})
    .optional(),
});
export type Finding = z.infer<typeof findingSchema>;

type Parts = Partial<Pick<Finding, 'expected' | 'actual' | 'hint' | 'origin' | 'severity'>>;

const finding = (status: Finding['status'], rule: string, message: string, parts: Parts): Finding => ({
  rule,
  status,
  severity: parts.severity ?? 'error',
  message,
  expected: parts.expected ?? null,
  actual: parts.actual ?? null,
  hint: parts.hint ?? '',
  origin: parts.origin ?? '',
});

export const pass = (rule: string, message: string, parts: Parts = {}): Finding =>
  finding('pass', rule, message, parts);
export const fail = (rule: string, message: string, parts: Parts & {hint: string}): Finding =>
  finding('fail', rule, message, parts);
export const skipped = (rule: string, message: string, parts: Parts = {}): Finding =>
  finding('skipped', rule, message, {severity: 'warning', ...parts});
