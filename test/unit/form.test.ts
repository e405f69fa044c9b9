import {createCipheriv} from 'node:crypto';
import {gzipSync} from 'node:zlib';
import {describe, expect, test} from '@jest/globals';
import {recogniseForm, UNKNOWN_FORM} from '../../src/form.ts';
import {fc} from '../property.ts';
import {bytes} from '../rdb-builder.ts';

const formOf = (content: Uint8Array | string) => recogniseForm(bytes(content)).form;

describe('a dump in a wrapping, or an AOF, is told by its first bytes', () => {
  test.each<[string, Uint8Array | string]>([
    ['gzip data', gzipSync('REDIS0011')],
    ['zstd data', bytes([0x28, 0xb5, 0x2f, 0xfd, 0, 0])],
    ['bzip2 data', 'BZh91AY&SY'],
    ['xz data', bytes([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])],
    ['lz4 data', bytes([0x04, 0x22, 0x4d, 0x18])],
    ['data of compress (.Z)', bytes([0x1f, 0x9d, 0x90, 0x52, 0x8a])],
    ['lzma data of the old format', bytes([0x5d, 0, 0, 0x80, 0, 0xff, 0xff])],
    ['a zip archive', 'PK\x03\x04'],
    ['a tar archive', bytes('dump.rdb', new Uint8Array(249), 'ustar\x0000')],
    ['an age-encrypted file', 'age-encryption.org/v1\n-> X25519 abc'],
    ['an age-encrypted file', '-----BEGIN AGE ENCRYPTED FILE-----\n'],
    ['an OpenPGP message', '-----BEGIN PGP MESSAGE-----\n'],
    // To an RSA key, and to one of Curve25519; from a passphrase, as gpg writes by default and with its oldest S2K.
    ['an OpenPGP message', bytes([0x85, 0x01, 0x0c, 0x03, ...Array(8).fill(0xaa), 0x01])],
    ['an OpenPGP message', bytes([0x84, 0x5e, 0x03, ...Array(8).fill(0xaa), 0x12])],
    ['an OpenPGP message', bytes([0x8c, 0x0d, 0x04, 0x09, 0x03, 0x0a])],
    ['an OpenPGP message', bytes([0x8c, 0x04, 0x04, 0x0b, 0x00, 0x02])],
    ['an append-only file (AOF)', '*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n'],
    ['an append-only file (AOF)', '#TS:1700000000\r\n*2\r\n$6\r\nSELECT'],
    ['an AOF manifest', 'file appendonly.aof.1.base.rdb seq 1 type b\n'],
    ['a file encrypted by openssl enc', 'Salted__abcdefgh'],
  ])('%s', (form, content) => {
    expect(recogniseForm(bytes(content))).toMatchObject({form, unpackable: true});
  });
});

describe('what is found in the place of a dump', () => {
  test.each<[string, Uint8Array | string]>([
    ['an HTML page', '<!DOCTYPE html>\n<html>'],
    ['an HTML page', '\n  <HTML lang="en">'],
    ['an HTML page', '<!-- proxy --> <html>'],
    [
      'an XML document (stores answer with one in case of error)',
      '<?xml version="1.0"?><Error><Code>AccessDenied',
    ],
    ['a JSON document', '{"error": "not found"}'],
    ['a JSON document', '[{"key": 1}]'],
    ["a dump as it is sent to a replica: '$', its length, then the dump", '$4711\r\nREDIS0011'],
    ['an error reply of a server', '-NOAUTH Authentication required.\r\n'],
    ['a Git LFS pointer, not the file it points to', 'version https://git-lfs.github.com/spec/v1\n'],
    ['an ELF program', '\x7fELF'],
    ['zeros: space that was reserved and never written', new Uint8Array(512)],
    ['text', 'Unable to locate credentials.\n'],
    ['text', Buffer.from('Zugriff verweigert: für den Schlüssel')],
    ['unknown binary data (perhaps encrypted)', bytes([1, 2, 3, 200, 0, 9])],
    ['empty', ''],
    ['an RDB dump', 'REDIS0011'],
  ])('%s', (form, content) => {
    expect(recogniseForm(bytes(content))).toEqual({form, unpackable: false});
  });
});

test('any bytes have a form, found in no time', () => {
  fc.assert(fc.property(fc.uint8Array({maxLength: 600}), content => formOf(content) !== ''));
  const started = performance.now();
  formOf('<!---->'.repeat(73));
  expect(performance.now() - started).toBeLessThan(5000);
});

test('rubbish, as a wrong passphrase makes it, is hardly ever taken for something', () => {
  const heads = 20_000;
  const rubbish = createCipheriv('aes-128-ctr', Buffer.alloc(16), Buffer.alloc(16)).update(
    Buffer.alloc(heads * 512),
  );
  const taken = Array.from({length: heads}, (_, i) => formOf(rubbish.subarray(i * 512, (i + 1) * 512)));
  // By what an OpenPGP message begins with one in a million is, and among these there is one.
  expect(taken.filter(form => form !== UNKNOWN_FORM)).toEqual(['an OpenPGP message']);
  // What has gzip's magic by chance has no method of compression that there is.
  const almost = Buffer.concat([Buffer.from([0x1f, 0x8b]), rubbish.subarray(0, 510)]);
  expect(formOf(almost)).toBe(UNKNOWN_FORM);
});
