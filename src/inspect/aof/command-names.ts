/**
 * Names of the commands that servers write into an AOF. Others may be a secret (`rename-command`) or no command at all, so
 * they are counted without their name. Source: the commands with the WRITE flag of Redis 8 and Valkey 9, and those that
 * frame them.
 */

const NAMES = `
append bitfield bitop blmove blmpop blpop brpop brpoplpush bzmpop bzpopmax bzpopmin copy decr decrby del delex delifeq
eval evalsha exec expire expireat fcall flushall flushdb function geoadd georadius georadiusbymember geosearchstore
getdel getex getset hdel hexpire hexpireat hgetdel hgetex hincrby hincrbyfloat hmset hpersist hpexpire hpexpireat hset
hsetex hsetnx incr incrby incrbyfloat linsert lmove lmpop lpop lpush lpushx lrem lset ltrim migrate move mset msetex
msetnx multi persist pexpire pexpireat pfadd pfcount pfdebug pfmerge psetex publish rename renamenx restore
restore-asking rpop rpoplpush rpush rpushx sadd script sdiffstore select set setbit setex setnx setrange sinterstore
smove sort spop spublish srem sunionstore swapdb touch unlink vadd vrem vsetattr xack xackdel xadd xautoclaim xclaim
xdel xdelex xgroup xreadgroup xsetid xtrim zadd zdiffstore zincrby zinterstore zmpop zpopmax zpopmin zrangestore zrem
zremrangebylex zremrangebyrank zremrangebyscore zunionstore`;

export const KNOWN_COMMANDS: ReadonlySet<string> = new Set(NAMES.split(/\s+/).filter(Boolean));

/** The longest known name, and some to spare: more of a name is not looked at. */
export const NAME_MAX_BYTES = 32;

export const OTHER_COMMAND = 'other';

export const kindOf = (name: string): string => (KNOWN_COMMANDS.has(name) ? name : OTHER_COMMAND);

/** Those that came with a server line, and the RDB version of Redis that came with the same line. */
const HASH_FIELD_EXPIRY = new Set([
  'hexpire',
  'hexpireat',
  'hgetdel',
  'hgetex',
  'hpersist',
  'hpexpire',
  'hpexpireat',
  'hsetex',
]);

/** The oldest RDB version whose servers know all of these commands, as far as their names tell. */
export function rdbVersionFor(names: Iterable<string>): number {
  let version = 1;
  for (const name of names) {
    if (HASH_FIELD_EXPIRY.has(name)) version = Math.max(version, 12);
    else if (name === 'function' || name === 'fcall' || name === 'spublish') version = Math.max(version, 10);
  }
  return version;
}
