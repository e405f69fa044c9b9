import {expect} from '@jest/globals';
import {randomOf} from '../../fuzz/mutations.ts';
import {packedCase, preparePacked, unpackAnything} from '../../fuzz/packed-target.ts';
import {packedTest} from '../../packed-test.ts';

packedTest('whatever is damaged: a finding, the very dump, or one that the reader refuses', async () => {
  const context = preparePacked();
  const seed = Number(process.env.FUZZ_SEED ?? 1);
  const outcomes = new Set<string>();
  for (let number = 0; number < 400; number++) {
    const started = performance.now();
    const outcome = await unpackAnything(packedCase(context, randomOf(seed, number)), context).catch(
      cause => {
        throw new Error(`npm run fuzz -- --target packed --seed ${seed} --first ${number} --cases 1`, {
          cause,
        });
      },
    );
    expect(performance.now() - started).toBeLessThan(20_000);
    outcomes.add(outcome);
  }
  const met = ['truncated-packing', 'corrupt-compression', 'corrupt-archive', 'trailing-garbage'];
  expect([...outcomes]).toEqual(
    expect.arrayContaining(['the very dump', ...met.map(rule => `backup/${rule}`)]),
  );
});
