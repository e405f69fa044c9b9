/**
 * Hash slots of a Redis Cluster: 16,384 of them, written as ranges. In: bytes of a key's name, or ranges as people and
 * nodes.conf write them. Out: the slot, or a set of slots.
 * Source: https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/ (keys distribution model, hash tags)
 */

export const SLOTS = 16_384;

/** One byte a slot: 1 for those that are in it. */
export type SlotSet = Uint8Array;

/** CRC16 of XMODEM: polynomial 0x1021, begun with 0. */
const CRC16 = Uint16Array.from({length: 256}, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  return crc;
});

const OPEN = 0x7b;
const CLOSE = 0x7d;

/** Of one name after the other, whole or in pieces. What stands in the first `{}` counts alone, if anything does. */
export class KeySlot {
  #whole = 0;
  #tag = 0;
  #tagBytes = 0;
  #state: 'before' | 'inside' | 'tagged' | 'untagged' = 'before';

  start(): void {
    this.#whole = 0;
    this.#state = 'before';
  }

  feed(memory: Uint8Array, from: number, to: number): void {
    for (let at = from; at < to && this.#state !== 'tagged'; at++) {
      const byte = memory[at]!;
      this.#whole = step(this.#whole, byte);
      if (this.#state === 'before') {
        if (byte === OPEN) this.#open();
      } else if (this.#state === 'inside') this.#inside(byte);
    }
  }

  end(): number {
    return (this.#state === 'tagged' ? this.#tag : this.#whole) % SLOTS;
  }

  #open(): void {
    this.#state = 'inside';
    this.#tag = 0;
    this.#tagBytes = 0;
  }

  #inside(byte: number): void {
    if (byte === CLOSE) this.#state = this.#tagBytes > 0 ? 'tagged' : 'untagged';
    else {
      this.#tag = step(this.#tag, byte);
      this.#tagBytes++;
    }
  }
}

const step = (crc: number, byte: number): number => ((crc << 8) & 0xffff) ^ CRC16[(crc >> 8) ^ byte]!;

/** `0-5460` or `7`; `null` of what is no range of slots. */
export function readRange(text: string): [number, number] | null {
  const [, first, last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(text.trim()) ?? [];
  if (first === undefined) return null;
  const range: [number, number] = [Number(first), Number(last)];
  return range[0] <= range[1] && range[1] < SLOTS ? range : null;
}

/** Of ranges that readRange takes. */
export function slotsIn(ranges: Iterable<string>): SlotSet {
  const slots = new Uint8Array(SLOTS);
  for (const text of ranges) {
    const range = readRange(text);
    if (range) slots.fill(1, range[0], range[1] + 1);
  }
  return slots;
}

/** `['0-5460', '9000']`. */
export function rangesOf(slots: SlotSet): string[] {
  const ranges: string[] = [];
  for (let first = slots.indexOf(1); first !== -1; ) {
    const end = slots.indexOf(0, first);
    const last = (end === -1 ? SLOTS : end) - 1;
    ranges.push(first === last ? String(first) : `${first}-${last}`);
    first = end === -1 ? -1 : slots.indexOf(1, end);
  }
  return ranges;
}
