/**
 * One backup on several servers: what came of it on each, and what that means for the drill. A server that has to load it
 * and does not fails the drill; what an optional one does is told and decides nothing. Pure.
 */
import type {DrillError} from '../errors.ts';
import {type Finding, fail, pass, skipped} from './finding.ts';
import type {Evidence, Verdict} from './judge.ts';

/** On another server of `server.matrix` than that of the drill itself. */
export type Elsewhere = {image: string; optional: boolean; evidence: Evidence};
/** What came of it there. */
export type Tried = Elsewhere & {verdict: Verdict};

/** `tried`: on the others; the verdict is that of the server of the drill itself. */
export function judgeMatrix(verdict: Verdict, tried: Tried[]): Verdict {
  if (tried.length === 0) return verdict;
  const findings = tried.map(tell);
  const required = tried.filter(({optional}) => !optional).map(({verdict}) => verdict);
  const broken = required.find(({outcome}) => outcome === 'not-run');
  const all = {
    ...verdict,
    findings: [...findings.filter(isBad), ...verdict.findings, ...findings.filter(isGood)],
  };
  // Who cancels gets no verdict, and neither does who meets our bug.
  if (verdict.outcome === 'failed' || (verdict.outcome === 'not-run' && isFinal(verdict.error!))) return all;
  if (required.some(({outcome}) => outcome === 'failed')) return {...all, outcome: 'failed'};
  if (verdict.outcome === 'not-run' || !broken) return all;
  return {...all, outcome: 'not-run', error: broken.error!};
}

const isBad = ({status, severity}: Finding): boolean => status !== 'pass' && severity === 'error';
const isGood = (finding: Finding): boolean => !isBad(finding);
const isFinal = ({code}: DrillError): boolean =>
  ['cancelled', 'source/changed', 'bug/reader', 'bug/internal'].includes(code);

function tell({image, optional, evidence, verdict}: Tried): Finding {
  const rule = 'restore/on-server';
  const origin = 'server.matrix';
  const severity = optional ? 'note' : 'error';
  const {server, census} = evidence;
  const where = server?.version ? `${image} (${server.line?.split(':')[0]} ${server.version})` : image;
  if (verdict.outcome === 'passed')
    return pass(rule, `it restores on ${where}: ${census!.keys} keys`, {origin});
  if (verdict.outcome === 'not-run') {
    const {message, hint} = verdict.error!;
    return skipped(rule, `nothing is known of ${where}: ${message}`, {severity, hint, origin});
  }
  const worst = verdict.findings.find(finding => finding.status === 'fail' && finding.severity === 'error')!;
  const why = `${worst.message} (${worst.rule})`;
  return fail(rule, `it does not restore on ${where}: ${why}`, {
    severity,
    hint: optional ? '' : worst.hint,
    origin,
  });
}
