import {describe, expect, test} from '@jest/globals';
import {readNodes} from '../../../src/redis/cluster-nodes.ts';
import {KeySlot, rangesOf, readRange, SLOTS, slotsIn} from '../../../src/redis/slots.ts';

const slot = new KeySlot();
function slotOf(name: string, pieceBytes = Number.POSITIVE_INFINITY): number {
  const bytes = Buffer.from(name);
  slot.start();
  for (let at = 0; at < bytes.length; at += pieceBytes)
    slot.feed(bytes, at, Math.min(at + pieceBytes, bytes.length));
  return slot.end();
}

describe('the slot of a key', () => {
  // What `CLUSTER KEYSLOT` of Redis 7.0.15 answers; the first is the check value of CRC16/XMODEM, 0x31c3.
  test.each([
    ['123456789', 0x31c3],
    ['foo', 12182],
    ['', 0],
    ['{user1000}.following', 3443],
    ['{user1000}.followers', 3443],
    ['user1000', 3443],
    ['foo{}{bar}', 8363],
    ['foo{{bar}}zap', 4015],
    ['foo{bar}{zap}', 5061],
    ['bar', 5061],
    ['foo{bar', 15278],
    ['a}b{c}', 7365],
  ])('%j is %i, in however many pieces its name comes', (name, expected) => {
    expect([slotOf(name), slotOf(name, 1), slotOf(name, 3)]).toEqual([expected, expected, expected]);
  });
});

describe('ranges', () => {
  test('become sets and back', () => {
    const ranges = ['0', '2-5460', '9000', '16383'];
    expect(rangesOf(slotsIn(ranges))).toEqual(ranges);
    expect(rangesOf(slotsIn([`0-${SLOTS - 1}`]))).toEqual(['0-16383']);
    expect(rangesOf(slotsIn([]))).toEqual([]);
    expect(rangesOf(slotsIn(['5-6', '7', '1']))).toEqual(['1', '5-7']);
  });

  test.each(['', 'a', '16384', '7-3', '0-99999', '-1', '1-2-3'])('%j is none', text => {
    expect(readRange(text)).toBeNull();
  });
});

describe('nodes.conf', () => {
  const [A, B, C] = ['a', 'b', 'c'].map(digit => digit.repeat(40));
  const node = (id: string | undefined, flags: string, master: string | undefined, ...slots: string[]) =>
    [id, '127.0.0.1:7000@17000,,tls-port=0', flags, master, 0, 0, 1, 'connected', ...slots].join(' ');
  const vars = 'vars currentEpoch 6 lastVoteEpoch 0\n';

  test('tells the slots of who wrote it, and of all', () => {
    const lines = [
      node(A, 'master', '-', '0-5460', '5462'),
      node(B, 'myself,master', '-', '5463-16383'),
      vars,
    ];
    expect(readNodes(lines.join('\n'))).toEqual({
      slots: ['5463-16383'],
      open: [],
      masters: {[A!]: ['0-5460', '5462'], [B!]: ['5463-16383']},
    });
  });

  test('of a replica tells those of its master', () => {
    const lines = [node(A, 'master', '-', '0-5460'), node(C, 'myself,slave', A), vars];
    expect(readNodes(lines.join('\n'))?.slots).toEqual(['0-5460']);
  });

  test('tells which slots are on their way', () => {
    const own = node(A, 'myself,master', '-', '0-99', `[77->-${B}]`, `[100-<-${B}]`);
    expect(readNodes(own)).toMatchObject({slots: ['0-99'], open: ['77', '100']});
  });

  test.each([
    ['nothing', ''],
    ['a nodes.conf without who wrote it', node(A, 'master', '-', '0-5460')],
    ['a redis.conf', 'port 6379\ncluster-enabled yes\n'],
    ['slots that are none', node(A, 'myself,master', '-', '0-99999')],
  ])('is not made of %s', (_, text) => {
    expect(readNodes(text)).toBeNull();
  });
});
