/** What the server said while it loaded, and whether it kept what it had loaded. */
import type {Census} from '../census/census.ts';
import type {Damage} from '../inspect/inspection.ts';
import type {Load} from '../restore/loading.ts';
import {type Finding, fail, pass, skipped} from './finding.ts';

export function judgeLoad(load: Load, damage: Pick<Damage, 'certain'> | undefined): Finding[] {
  const {aofCommandsFailed = 0} = load;
  const loaded = judgeStatus(load, damage);
  if (aofCommandsFailed === 0) return [loaded];
  const what = aofCommandsFailed === 1 ? '1 command' : `${aofCommandsFailed} commands`;
  const message = `the server could not carry out ${what} of the AOF, and went on without`;
  const hint =
    'What is in an AOF once succeeded: it is damaged, or another product or version wrote it. Old servers also wrote some commands that had failed, which does no harm.';
  // Servers take it as nothing; nobody can tell from here which of the two it is.
  const parts = {
    severity: 'warning',
    expected: 0,
    actual: aofCommandsFailed,
    hint,
    origin: 'restore',
  } as const;
  return [loaded, fail('restore/commands-failed', message, parts)];
}

function judgeStatus(load: Load, damage: Pick<Damage, 'certain'> | undefined): Finding {
  const origin = 'restore';
  if (load.refusal) {
    // Of a damaged file a server says whatever it stumbled over first; its advice would mislead.
    const hint = damage?.certain ? 'This follows from the damage in the file.' : load.refusal.hint;
    return fail(load.refusal.rule, load.refusal.message, {hint, origin});
  }
  if (load.status === 'silent-empty') {
    return fail(
      'restore/silent-empty',
      'the server is ready, but its log does not show that it loaded the dump',
      {
        hint: 'The server did not find the file or ignored it. With --image: does its own configuration move `dir` or turn the AOF on?',
        origin,
      },
    );
  }
  return pass('restore/loaded', 'the server loaded the dump', {origin});
}

export function evictions({evictedKeys}: Census): Finding {
  const parts = {expected: 0, actual: evictedKeys, origin: 'census'};
  if (evictedKeys === null) {
    return skipped('restore/evicted', 'this server does not count evictions', {
      ...parts,
      severity: 'warning',
    });
  }
  if (evictedKeys === 0) return pass('restore/evicted', 'the server evicted nothing', parts);
  return fail('restore/evicted', `the server evicted ${evictedKeys} keys`, {
    ...parts,
    hint: 'Does the image’s own configuration set maxmemory?',
  });
}
