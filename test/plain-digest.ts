/**
 * DEBUG DIGEST as computeDatasetDigest in debug.c of Redis says it, value by value with node:crypto: slow, short, and
 * sharing nothing with the reader. Scores are given as the text that the dialect in question prints.
 */
import {createHash} from 'node:crypto';

type Text = string | Uint8Array;
export type PlainValue =
  | {string: Text}
  | {list: Text[]}
  | {set: Text[]}
  | {zset: [member: Text, score: string][]}
  | {hash: [field: Text, value: Text, marked?: boolean][]}
  | {stream: [id: string, ...parts: Text[]][]}
  | {array: Text[]};
export type PlainKey = {name: string; value: PlainValue; expires?: boolean; database?: number};

class Digest {
  bytes = Buffer.alloc(20);

  xor(text: Text): this {
    const hash = createHash('sha1').update(text).digest();
    this.bytes = Buffer.from(this.bytes.map((byte, i) => byte ^ hash[i]!));
    return this;
  }

  mix(text: Text): this {
    this.xor(text);
    this.bytes = createHash('sha1').update(this.bytes).digest() as Buffer<ArrayBuffer>;
    return this;
  }
}

const u32be = (number: number): Uint8Array => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(number);
  return bytes;
};

function digestValue(digest: Digest, value: PlainValue): void {
  const type = (number: number) => digest.mix(u32be(number));
  const all = (texts: Text[]) => texts.forEach(text => void digest.mix(text));
  if ('string' in value) type(0).mix(value.string);
  else if ('list' in value) {
    type(1);
    all(value.list);
  } else if ('set' in value) {
    type(2);
    for (const member of value.set) digest.xor(member);
  } else if ('zset' in value) {
    type(3);
    for (const [member, score] of value.zset) digest.xor(new Digest().mix(member).mix(score).bytes);
  } else if ('hash' in value) {
    type(4);
    for (const [field, text, marked] of value.hash) {
      const element = new Digest().mix(field).mix(text);
      if (marked) element.xor('!!hexpire!!');
      digest.xor(element.bytes);
    }
  } else if ('stream' in value) {
    type(6);
    for (const entry of value.stream) all(entry);
  } else {
    type(7);
    all(value.array);
  }
}

/** Of one key, or of one element: what the digest of its database is XORed with. */
function keyDigest({name, value, expires}: PlainKey): Digest {
  const digest = new Digest().mix(name);
  digestValue(digest, value);
  return expires ? digest.xor('!!expire!!') : digest;
}

export function plainDigest(keys: PlainKey[]): string {
  const whole = new Digest();
  const databases = [...new Set(keys.map(({database = 0}) => database))].sort((a, b) => a - b);
  for (const number of databases) {
    whole.mix(u32be(number));
    for (const key of keys.filter(({database = 0}) => database === number)) whole.xor(keyDigest(key).bytes);
  }
  return whole.bytes.toString('hex');
}
