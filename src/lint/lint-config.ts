/** The `lint:` section of restore-drill.yml: how much may be lost, how often is written, and which server reads it all. */
import {z} from 'zod';
import {durationSchema} from '../config/source-schema.ts';

export const lintConfigSchema = z.strictObject({
  /** The worst-case loss that is allowed, when the machine dies. */
  'max-loss': durationSchema.optional(),
  /** Changes a second; without it save points are judged at the worst of all rates. */
  'write-rate': z.number().positive().optional(),
  /** Where files do not tell it themselves. */
  server: z
    .string()
    .regex(/^(redis|valkey|redict):\d+(\.\d+)?$/, 'write a server and its version, such as redis:7.0')
    .optional(),
});
export type LintConfig = z.output<typeof lintConfigSchema>;
