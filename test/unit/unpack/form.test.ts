import {execFileSync} from 'node:child_process';
import {gzipSync, zstdCompressSync} from 'node:zlib';
import {describe, expect, test} from '@jest/globals';
import {recogniseForm as whatItIs} from '../../../src/inspect/what-is-it.ts';
import {FORM_HEAD_BYTES, recogniseForm} from '../../../src/unpack/form.ts';

const DUMP = Buffer.from('REDIS0010\xfa\x09redis-ver\x067.0.15\xff', 'latin1');
const hex = (digits: string) => Buffer.from(digits, 'hex');
const text = (content: string) => Buffer.from(content, 'latin1');
const tar = () => {
  const block = Buffer.alloc(1024);
  block.write('dump.rdb');
  block.write('ustar', 257);
  return block;
};

/** A program's own output where it is at hand, else the first bytes that its format prescribes. */
function packed(program: string, prescribed: string): Buffer {
  try {
    return execFileSync(program, ['-c'], {input: DUMP, stdio: ['pipe', 'pipe', 'ignore']});
  } catch {
    return hex(prescribed);
  }
}

const PACKED: [string, Buffer][] = [
  ['gzip', gzipSync(DUMP)],
  ['zstd', zstdCompressSync(DUMP)],
  ['bzip2', packed('bzip2', '425a6839314159265359')],
  ['xz', packed('xz', 'fd377a585a000004')],
  ['lz4', packed('lz4', '04224d186440a7')],
  ['lzop', packed('lzop', '894c5a4f000d0a1a0a1040')],
  ['snappy', hex('ff060000734e6150705900')],
  ['zip', text('PK\x03\x04\x14\x00')],
  ['7z', hex('377abcaf271c0004')],
  ['tar', tar()],
  ['age', text('age-encryption.org/v1\n-> X25519 ')],
  ['age', text('-----BEGIN AGE ENCRYPTED FILE-----\n')],
  ['OpenPGP', text('-----BEGIN PGP MESSAGE-----\n')],
  ['OpenPGP', hex('85010c03')],
  ['OpenPGP', hex('8c0d040703')],
  ['openssl enc', text('Salted__12345678')],
  ['Valkey compressed dump', text('VKCS\x01\x01\x00\x00')],
  ['AOF manifest', text('file appendonly.aof.1.base.rdb seq 1 type b\n')],
  ['AOF', text('*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n')],
  ['AOF', text('#TS:1700000000\r\n*1\r\n$4\r\nPING\r\n')],
];

const PLAIN: [string, Buffer][] = [
  ['a dump', DUMP],
  ['a dump of Valkey 9', text('VALKEY080\xfa')],
  ['nothing', Buffer.alloc(0)],
  ['zeros', Buffer.alloc(FORM_HEAD_BYTES)],
  ['a page of HTML', text('<!DOCTYPE html><html>')],
  ['an error of a store', text('<?xml version="1.0"?><Error>')],
  ['text', text('filed under backups\n')],
  ['a dump as a replica gets it', text('$1234\r\nREDIS0010')],
];

describe('a packed form is told by its bytes', () => {
  test.each(PACKED)('%s', (form, bytes) => {
    expect(recogniseForm(bytes.subarray(0, FORM_HEAD_BYTES))).toBe(form);
  });

  test('never by a name: it sees none', () => {
    expect(recogniseForm).toHaveLength(1);
  });
});

describe('what is no packed form is left to inspect', () => {
  test.each(PLAIN)('%s', (_what, bytes) => {
    expect(recogniseForm(bytes)).toBeNull();
  });
});

test('what inspect takes for a wrapping of a dump never gets as far as inspect', () => {
  for (const [form, bytes] of [...PACKED, ...PLAIN]) {
    const {unpackable} = whatItIs(bytes);
    if (unpackable) expect([form, recogniseForm(bytes)]).not.toEqual([form, null]);
  }
});
