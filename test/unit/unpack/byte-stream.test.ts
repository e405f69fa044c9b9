import {describe, expect, test} from '@jest/globals';
import {ByteStream, EndOfInput} from '../../../src/unpack/byte-stream.ts';
import {fc} from '../../property.ts';

async function* pieces(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

async function all(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString();
}

describe('a stream of bytes', () => {
  test('is looked at without being taken, across pieces', async () => {
    const stream = new ByteStream(pieces('RE', '', 'DIS', '0010'));
    expect((await stream.peek(5)).toString()).toBe('REDIS');
    expect(stream.offset).toBe(0);
    expect((await stream.take(7)).toString()).toBe('REDIS00');
    expect(stream.offset).toBe(7);
    expect((await stream.peek(100)).toString()).toBe('10');
    expect(await all(stream.rest())).toBe('10');
    expect(await stream.next()).toBeNull();
  });

  test('takes back what was too much', async () => {
    const stream = new ByteStream(pieces('abc', 'def'));
    const first = (await stream.next())!;
    stream.unread(first.subarray(1));
    expect(stream.offset).toBe(1);
    expect(await all(stream.rest())).toBe('bcdef');
  });

  test('gives a part, and says when there is not enough for it', async () => {
    const stream = new ByteStream(pieces('abc', 'def'));
    expect(await all(stream.part(4))).toBe('abcd');
    await expect(all(stream.part(3))).rejects.toThrow(EndOfInput);
    await expect(new ByteStream(pieces('ab')).take(3)).rejects.toThrow(EndOfInput);
  });

  test('that is closed lets go of its source and ends', async () => {
    let released = false;
    const source = (async function* () {
      try {
        yield* pieces('abc', 'def');
      } finally {
        released = true;
      }
    })();
    const stream = new ByteStream(source);
    await stream.next();
    await stream.close();
    expect(released).toBe(true);
    expect(await stream.next()).toBeNull();
  });

  test('gives every byte once, however it is asked', async () => {
    const asking = fc.array(fc.tuple(fc.constantFrom('peek', 'take', 'next', 'unread'), fc.nat(9)));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({maxLength: 5})), asking, async (texts, asked) => {
        const whole = Buffer.from(texts.join(''));
        const stream = new ByteStream(pieces(...texts));
        let taken = '';
        for (const [how, n] of asked) {
          if (how === 'peek') await stream.peek(n);
          const chunk =
            how === 'take'
              ? await stream.take(n).catch(() => null)
              : how === 'peek'
                ? null
                : await stream.next(n + 1);
          if (chunk && how === 'unread') stream.unread(chunk);
          else taken += chunk?.toString('hex') ?? '';
          expect(stream.offset).toBe(taken.length / 2);
        }
        for await (const chunk of stream.rest()) taken += chunk.toString('hex');
        expect(taken).toBe(whole.toString('hex'));
      }),
    );
  });
});
