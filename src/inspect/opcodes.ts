/**
 * The opcodes of RDB files: bytes that stand where a value type could. Numbers 242 and 243 mean one thing under
 * Redis' magic and another under Valkey's. Sources: rdb.h of Redis and of Valkey.
 */
import type {DumpVersion} from './version.ts';

/** By what the reader has to do; `null` where the byte is no opcode of this dump. */
export type Opcode =
  | 'eof'
  | 'select-db'
  | 'expire-seconds'
  | 'expire-ms'
  | 'resize-db'
  | 'aux'
  | 'frequency'
  | 'idle'
  | 'module-aux'
  | 'function-pre-ga'
  | 'function'
  | 'slot-info'
  | 'key-meta'
  | 'slot-import'
  | 'hash-template'
  | 'update';

/** Of both magics, and of every version: loaders do not ask whether an opcode is older than the file. */
const COMMON = new Map<number, Opcode>([
  [255, 'eof'],
  [254, 'select-db'],
  [253, 'expire-seconds'],
  [252, 'expire-ms'],
  [251, 'resize-db'],
  [250, 'aux'],
  [249, 'frequency'],
  [248, 'idle'],
  [247, 'module-aux'],
  [246, 'function-pre-ga'],
  [245, 'function'],
  [244, 'slot-info'],
]);

type Dialect = {code: number; opcode: Opcode; since: number};

const REDIS: Dialect[] = [
  {code: 243, opcode: 'key-meta', since: 13},
  {code: 242, opcode: 'hash-template', since: 15},
];

const VALKEY: Dialect[] = [
  {code: 243, opcode: 'slot-import', since: 1},
  {code: 242, opcode: 'update', since: 81},
];

export function opcodesOf({magic, number}: DumpVersion): ReadonlyMap<number, Opcode> {
  const opcodes = new Map(COMMON);
  for (const {code, opcode, since} of magic === 'VALKEY' ? VALKEY : REDIS) {
    if (number >= since) opcodes.set(code, opcode);
  }
  return opcodes;
}
