/**
 * What DEBUG DIGEST does not cover, held against what was recorded: consumer groups and expiries of fields as the digest
 * is (a tolerance relaxes them with it), the code of functions whatever the tolerance. Pure.
 */
import type {Dataset} from '../inspect/inspection.ts';
import {type Finding, fail, pass, skipped} from './finding.ts';
import type {Policy} from './policy.ts';

/** Whether digests are compared at all. */
export type DigestRule = {wanted: true; sameBytes: boolean} | {wanted: false; because: string};

/** `noFewer`: how many libraries there are is compared, in one direction. */
export type FunctionsRule = DigestRule & {noFewer?: true};

/** One thing that was counted and digested, on either side. `undefined` where a side knows nothing of it. */
type Apart = {count: number; counts: string; digest: {algorithm: string; hex: string}};

type Kind = {
  rule: string;
  what: string;
  path: string;
  /** What changed, where as many are there as were recorded. */
  changed: string;
  hint: string;
};

const LOST = 'If it really changed, record anew and review the diff; else this backup lost it.';

const DEPLOYED =
  'If it was deployed, record anew and review the diff, or say `expect.functions: any`; else this is another backup, or an old one.';

const CONSUMER_GROUPS: Kind = {
  rule: 'expect/consumer-groups',
  what: 'consumer groups of streams',
  path: 'dataset.consumerGroups',
  changed: 'a group, a consumer, a last id, or what is pending of whom and how often it was delivered',
  hint: `${LOST} Of streams that are at work: \`expect.digest: any\`, or a tolerance.`,
};

const FIELD_EXPIRIES: Kind = {
  rule: 'expect/field-expiries',
  what: 'expiries of hash fields',
  path: 'dataset.fieldExpiries',
  changed: 'a field got another expiry, or another field has one',
  hint: `${LOST} If they are renewed all the time: \`expect.digest: any\`, or a tolerance.`,
};

const FUNCTION_CODE: Kind = {
  rule: 'expect/functions-code',
  what: 'code of the function libraries',
  path: 'dataset.functionCode',
  changed: 'the code of a library',
  hint: DEPLOYED,
};

export function judgeApart(
  actual: Dataset,
  recorded: Dataset,
  asked: {digest: DigestRule; functions: FunctionsRule; quick: boolean},
): Finding[] {
  const digest = asked.quick ? QUICK : asked.digest;
  return [
    ...hold(CONSUMER_GROUPS, groupsOf(actual), groupsOf(recorded), digest),
    ...hold(FIELD_EXPIRIES, fieldsOf(actual), fieldsOf(recorded), digest),
    ...judgeFunctions(actual, recorded, asked),
  ];
}

const QUICK: DigestRule = {wanted: false, because: 'depth quick'};

/** Where their number differs, their code needs no finding of its own. */
function judgeFunctions(
  actual: Dataset,
  recorded: Dataset,
  {functions, quick}: {functions: FunctionsRule; quick: boolean},
): Finding[] {
  const code = quick && functions.wanted ? QUICK : functions;
  const codeFindings = () => hold(functionKind(actual, recorded), codeOf(actual), codeOf(recorded), code);
  if (!functions.wanted && !functions.noFewer) return codeFindings();
  const parts = {
    expected: recorded.functions,
    actual: actual.functions,
    origin: 'expectations: dataset.functions',
  };
  if (functions.noFewer && parts.actual >= parts.expected)
    return [pass('expect/functions', 'no fewer function libraries than before', parts), ...codeFindings()];
  if (parts.expected === parts.actual)
    return [pass('expect/functions', 'function libraries as recorded', parts), ...codeFindings()];
  const message = `function libraries: recorded ${parts.expected}, restored ${parts.actual}`;
  return [fail('expect/functions', message, {...parts, hint: DEPLOYED})];
}

/** Functions are code, not data: no tolerance for keys is one for them. */
export function functionsRule({functions}: Policy, sameBytes: boolean): FunctionsRule {
  if (functions === 'no-fewer' && !sameBytes)
    return {wanted: false, because: 'the policy says `functions: no-fewer`', noFewer: true};
  if (functions === 'any' && !sameBytes) return {wanted: false, because: 'the policy says `functions: any`'};
  return {wanted: true, sameBytes};
}

function hold(kind: Kind, actual: Apart | null, recorded: Apart | null, asked: DigestRule): Finding[] {
  // Neither is there nor was recorded: nothing that a line of a report should be spent on.
  if ((actual?.count ?? 0) === 0 && (recorded?.count ?? 0) === 0) return [];
  const parts = {origin: `expectations: ${kind.path}`, severity: 'note'} as const;
  const skip = (because: string) => [skipped(kind.rule, `${kind.what}: not compared: ${because}`, parts)];
  if (!asked.wanted) return skip(asked.because);
  if (actual === null) return skip('our reader has no digest of them in this file');
  if (recorded === null) return skip('the expectations are of an earlier version: record anew');
  if (actual.digest.algorithm !== recorded.digest.algorithm)
    return skip('they were digested in another way: record anew');
  return [judge(kind, actual, recorded, parts.origin)];
}

function judge(kind: Kind, actual: Apart, recorded: Apart, origin: string): Finding {
  const {rule, what, hint} = kind;
  if (actual.counts !== recorded.counts) {
    const message = `${what}: recorded ${recorded.counts}, restored ${actual.counts}`;
    return fail(rule, message, {expected: recorded.counts, actual: actual.counts, origin, hint});
  }
  const parts = {expected: recorded.digest.hex, actual: actual.digest.hex, origin};
  if (recorded.digest.hex === actual.digest.hex)
    return pass(rule, `${what} as recorded: ${actual.counts}`, parts);
  const message = `${what}: as many as recorded (${actual.counts}), but changed: ${kind.changed}`;
  return fail(rule, message, {...parts, hint});
}

const listed = (...counts: [number, string][]): string =>
  counts.map(([count, what]) => `${count} ${what}`).join(', ');

function groupsOf({consumerGroups}: Dataset): Apart | null {
  if (consumerGroups === undefined) return null;
  const {streams, groups, consumers, pending, digest} = consumerGroups;
  const counts = listed(
    [streams, 'streams'],
    [groups, 'groups'],
    [consumers, 'consumers'],
    [pending, 'pending'],
  );
  return {count: streams, counts, digest};
}

function fieldsOf({fieldExpiries}: Dataset): Apart | null {
  if (fieldExpiries === undefined) return null;
  const {fields, digest} = fieldExpiries;
  return {count: fields, counts: listed([fields, 'fields']), digest};
}

function codeOf({functionCode}: Dataset): Apart | null {
  if (functionCode === undefined) return null;
  const {libraries, digest} = functionCode;
  return {count: libraries, counts: listed([libraries, 'libraries']), digest};
}

function functionKind(actual: Dataset, recorded: Dataset): Kind {
  if (actual.functionCode?.names === recorded.functionCode?.names) return FUNCTION_CODE;
  return {...FUNCTION_CODE, changed: 'libraries of other names'};
}
