import {expect, test} from '@jest/globals';
import {parseSize} from '../../../src/config/size.ts';

test.each([
  ['0', 0],
  ['1024', 1024],
  ['1b', 1],
  ['1k', 1000],
  ['1kb', 1024],
  ['3m', 3_000_000],
  ['3mb', 3 * 1024 ** 2],
  ['4g', 4_000_000_000],
  ['4gb', 4 * 1024 ** 3],
  ['4GB', 4 * 1024 ** 3],
  [' 512 mb ', 512 * 1024 ** 2],
])('%j is %i bytes, as redis.conf counts', (text, bytes) => {
  expect(parseSize(text)).toBe(bytes);
});

test.each(['', 'mb', '4tb', '1.5gb', '-1mb', '4 g b', 'lots', '0x10'])('%j is no size', text => {
  expect(parseSize(text)).toBeNull();
});
