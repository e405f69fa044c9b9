/** A quick drill: what it does not compare is told, wherever a reader might take it for compared. */
import {describe, expect, test} from '@jest/globals';
import {type Evidence, judge} from '../../../src/judge/judge.ts';
import {renderMarkdown} from '../../../src/report/markdown.ts';
import {renderText} from '../../../src/report/text.ts';
import {aCensus, aLoad, anExpectations, anInspection, anUnpacked, aPolicy, aReport} from '../../builders.ts';

/** As inspect and census make it of a quick look. */
function quickEvidence(): Evidence {
  const {digests: _none, ...inspection} = anInspection({digestBecause: 'depth quick'});
  const census = aCensus({digest: null, digestBecause: 'depth quick'});
  return {depth: 'quick', unpacked: anUnpacked(), inspection, load: aLoad(), census};
}

const digestFindings = (policy?: Record<string, unknown>) => {
  const {findings} = judge(quickEvidence(), anExpectations(), aPolicy(policy));
  return findings.filter(({rule}) => rule === 'expect/digest');
};

describe('a quick drill', () => {
  test('passes by its counts, and no digest is drawn or compared', () => {
    const {outcome, ledger} = judge(quickEvidence(), anExpectations(), aPolicy());
    expect(outcome).toBe('passed');
    expect(ledger.find(({name}) => name.startsWith('digest'))).toMatchObject({
      status: 'skipped',
      because: 'depth quick',
    });
    expect(digestFindings()).toMatchObject([
      {status: 'skipped', severity: 'warning', message: 'the digest is not compared: depth quick'},
    ]);
  });

  test('says less where the policy wants no digest, and proves nothing where it wants one', () => {
    expect(digestFindings({digest: 'any'})).toMatchObject([{status: 'skipped', severity: 'note'}]);
    expect(judge(quickEvidence(), anExpectations(), aPolicy({digest: 'exact'}))).toMatchObject({
      outcome: 'not-run',
      error: {code: 'verdict/unproven'},
    });
  });

  test('still fails by its counts', () => {
    const expectations = anExpectations();
    expectations.dataset.keys += 1;
    expect(judge(quickEvidence(), expectations, aPolicy()).outcome).toBe('failed');
  });
});

describe('the report of a quick drill', () => {
  const quick = aReport({depth: 'quick'});

  test('says in its first line that values were not compared, a full one does not', () => {
    const [first] = renderText(quick).split('\n');
    expect(first).toMatch(/^PASSED {2}dump\.rdb restores \(quick drill: no value was compared\)/);
    expect(renderText(aReport({depth: 'full'}))).not.toMatch(/quick/);
  });

  test('says so in the heading of the job summary, and among its facts', () => {
    const [heading, ...rest] = renderMarkdown(quick, {maxBytes: 100_000}).split('\n');
    expect(heading).toMatch(/quick drill/);
    expect(rest.join('\n')).toMatch(/\*\*Depth\*\* \| quick: /);
  });

  test('says so among its facts where the headline is about a failure', () => {
    expect(renderText(aReport({depth: 'quick', outcome: 'not-run', error: ERROR}))).toMatch(
      /^Depth +quick: /m,
    );
  });
});

const ERROR = {
  code: 'server/unavailable',
  message: 'no server to restore into',
  hint: 'Start Docker.',
} as const;
