/** For tests of what other programs packed: where one is missing, they say so in their titles. */
import {test} from '@jest/globals';
import {missing} from './packers.ts';

/** `test`, or a skip that says which programs are missing. */
export const packedTest: typeof test =
  missing.length === 0
    ? test
    : (((title: string, ...rest: [never]) =>
        test.skip(
          `${title} (skipped: ${missing.join(', ')} not installed)`,
          ...rest,
        )) as unknown as typeof test);
