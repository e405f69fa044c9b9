/** What lint says of texts, for tests of how it is shown. */
import type {LintFinding} from '../../../src/lint/finding.ts';
import {findInText} from '../../../src/lint/homes/find.ts';
import {type Linted, lint, type Side} from '../../../src/lint/lint.ts';

type Texts = Record<string, string>;

async function sideOf(texts: Texts): Promise<Side> {
  const side: Side = {configurations: [], scripts: [], texts: new Map(Object.entries(texts))};
  for (const [path, text] of Object.entries(texts)) {
    const found = await findInText(text, path, '/nowhere');
    side.configurations.push(...found.configurations);
    side.scripts.push(...found.scripts);
  }
  return side;
}

/** Texts by the paths of their files. */
export async function lintedOf(head: Texts, base?: Texts): Promise<Linted> {
  const job = {maxLoss: null, writeRate: null, target: {product: 'redis', line: '7.0'}} as const;
  return lint(await sideOf(head), base ? await sideOf(base) : null, job);
}

export const aFinding = (told: Partial<LintFinding> = {}): LintFinding => ({
  rule: 'lint/checksum-off',
  severity: 'warning',
  place: {file: 'redis.conf', line: 1, column: 1},
  message: 'dumps are written without a checksum',
  fix: 'Write rdbchecksum yes.',
  direction: null,
  ...told,
});
