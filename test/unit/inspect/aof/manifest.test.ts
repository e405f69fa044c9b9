import {describe, expect, test} from '@jest/globals';
import {parseManifest} from '../../../../src/inspect/aof/manifest.ts';

const BASE = 'file appendonly.aof.1.base.rdb seq 1 type b\n';
const INCR = 'file appendonly.aof.1.incr.aof seq 1 type i\n';

describe('a manifest is read as servers read it', () => {
  test('with its files in their order and the lines on which they stand', () => {
    const history = 'file appendonly.aof.3.incr.aof seq 3 type h\n';
    expect(parseManifest(`# made by hand\n${BASE}${INCR}${history}`)).toEqual({
      entries: [
        {name: 'appendonly.aof.1.base.rdb', seq: 1, role: 'base', line: 2},
        {name: 'appendonly.aof.1.incr.aof', seq: 1, role: 'incremental', line: 3},
        {name: 'appendonly.aof.3.incr.aof', seq: 3, role: 'history', line: 4},
      ],
      crlf: false,
    });
  });

  test.each([
    ['pairs in any order, keys in any case', 'TYPE i seq 2 FILE a.aof\n', {name: 'a.aof', seq: 2}],
    [
      'keys of newer servers',
      'file a.aof seq 1 type i startoffset 12 endoffset 90\n',
      {name: 'a.aof', seq: 1},
    ],
    ['names in double quotes', 'file "a b\\x41\\n.aof" seq 1 type i\n', {name: 'a bA\n.aof', seq: 1}],
    ['names in single quotes', "file 'it\\'s.aof' seq 1 type i\n", {name: "it's.aof", seq: 1}],
    ['blanks around a line', '  file a.aof  seq 1 type incr \n', {name: 'a.aof', seq: 1}],
    ['numbers with something behind', 'file a.aof seq 7x type i\n', {name: 'a.aof', seq: 7}],
  ])('%s', (_, text, entry) => {
    expect(parseManifest(text)).toEqual({entries: [{...entry, role: 'incremental', line: 1}], crlf: false});
  });

  test('line ends of a DOS text are noted', () => {
    const manifest = parseManifest(BASE.replace('\n', '\r\n'));
    expect(manifest).toMatchObject({crlf: true, entries: [{role: 'base'}]});
    expect(manifest.fault).toBeUndefined();
  });
});

describe('a manifest is refused as servers refuse it, at the line', () => {
  test.each([
    ['empty', '', 1, /empty/],
    ['a blank line', `${BASE}\n${INCR}`, 2, /not of the form/],
    ['a last line without an end', `${BASE}${INCR}`.slice(0, -1), 2, /no end/],
    ['a word too few', 'file a.aof seq 1\n', 1, /not of the form/],
    ['a word too many', 'file a.aof seq 1 type i more\n', 1, /not of the form/],
    ['quotes that do not balance', 'file "a.aof seq 1 type i\n', 1, /not of the form/],
    ['no sequence number', 'file a.aof seq zero type i\n', 1, /lacks/],
    ['an empty name', 'file "" seq 1 type i\n', 1, /lacks/],
    ['a path', 'file ../a.aof seq 1 type i\n', 1, /path/],
    ['a type that is none', 'file a.aof seq 1 type x\n', 1, /none of b, h and i/],
    ['two bases', BASE + BASE, 2, /second base/],
    ['a number that stays', INCR + INCR, 2, /listed after 1/],
    ['a line too long', `${BASE}file ${'a'.repeat(1100)} seq 9 type i\n`, 2, /longer than 1024/],
    ['binary data', '\x00\x01\x02\n', 1, /not of the form/],
  ])('%s', (_, text, line, says) => {
    const {fault} = parseManifest(text);
    expect(fault?.line).toBe(line);
    expect(fault?.message).toMatch(says);
  });
});
