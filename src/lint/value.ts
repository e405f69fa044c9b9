/**
 * One directive's arguments as the value that a server makes of them, and reports by CONFIG GET. In: arguments and the
 * type that the server itself tells. Out: the text of CONFIG GET, or why the server refuses to start with it.
 */
import {parseMemory} from '../redis/conf.ts';
import type {Row} from './server-table.ts';

export type Taken = {value: string} | {refused: string};

const refuse = (refused: string): Taken => ({refused});
const take = (value: string): Taken => ({value});

/** `before` is what held so far: buffer limits are set class by class. */
export function takeValue({name, type}: Row, args: readonly string[], before: string): Taken {
  const special = SPECIAL[name];
  if (special) return special(args, before);
  if (type.kind === 'special' || type.kind === 'lines') return take(args.join(' '));
  if (type.kind === 'enum' && args.length > 1) return severalOf(name, type.values, args);
  const [arg] = args;
  if (arg === undefined || args.length > 1) return refuse(`takes one value, and has ${args.length}`);
  switch (type.kind) {
    case 'bool':
      return /^(yes|no)$/i.test(arg) ? take(arg.toLowerCase()) : refuse('takes yes or no');
    case 'enum': {
      const found = type.values.find(value => value === arg.toLowerCase());
      return found === undefined ? refuse(`takes one of ${type.values.join(', ')}`) : take(found);
    }
    case 'memory':
    case 'memory-or-percent': {
      if (type.kind === 'memory-or-percent' && /^\d+%$/.test(arg)) return take(arg);
      const bytes = parseMemory(arg);
      return bytes === null ? refuse('takes a size, such as 512mb') : take(String(bytes));
    }
    case 'int':
      return integer(arg, type);
    default:
      return take(arg);
  }
}

function integer(arg: string, {from, to}: {from: bigint | null; to: bigint | null}): Taken {
  if (!/^(0|-?[1-9]\d{0,18})$/.test(arg)) return refuse('takes a whole number');
  const value = BigInt(arg);
  if ((from !== null && value < from) || (to !== null && value > to))
    return refuse(`takes a number from ${from} to ${to}`);
  return take(String(value));
}

/** Flags, such as those of shutdown-on-sigterm. */
function severalOf(name: string, values: readonly string[], args: readonly string[]): Taken {
  const chosen = args.map(arg => arg.toLowerCase());
  if (!name.startsWith('shutdown-on-')) return refuse(`takes one value, and has ${args.length}`);
  if (!chosen.every(arg => values.includes(arg))) return refuse(`takes of ${values.join(', ')}`);
  return take(values.filter(value => value !== 'default' && chosen.includes(value)).join(' '));
}

const CLASSES = ['normal', 'slave', 'pubsub'];

function bufferLimits(args: readonly string[], before: string): Taken {
  if (args.length === 0 || args.length % 4 !== 0) return refuse('takes a class and three numbers');
  const words = before.split(' ');
  const limits = new Map(CLASSES.map((_, index) => [index, words.slice(index * 4 + 1, index * 4 + 4)]));
  for (let at = 0; at < args.length; at += 4) {
    const [named = '', hard = '', soft = '', seconds = ''] = args.slice(at, at + 4);
    const index = CLASSES.indexOf(named.toLowerCase().replace(/^replica$/, 'slave'));
    const bytes = [parseMemory(hard), parseMemory(soft)];
    if (index < 0 || bytes.includes(null) || !/^\d+$/.test(seconds))
      return refuse('takes a class and three numbers');
    limits.set(index, [String(bytes[0]), String(bytes[1]), String(Number(seconds))]);
  }
  // The second class has its newer name in newer servers: what the server called it stays.
  return take([...limits].flatMap(([index, limit]) => [words[index * 4]!, ...limit]).join(' '));
}

/** The classes that `A` stands for, in the order in which they are told: keyspaceEventsFlagsToString in notify.c. */
const EVERY_EVENT = 'g$lshzxetd';

function keyspaceEvents(args: readonly string[]): Taken {
  if (args.length !== 1) return refuse(`takes one value, and has ${args.length}`);
  const flags = args[0]!;
  if (/[^g$lshzxetdAKEmn]/.test(flags)) return refuse('takes letters of the classes of events');
  const all = flags.includes('A') || [...EVERY_EVENT].every(flag => flags.includes(flag));
  const classes = all ? 'A' : [...EVERY_EVENT].filter(flag => flags.includes(flag)).join('');
  return take(classes + [...'KEmn'].filter(flag => flags.includes(flag)).join(''));
}

function replicaOf(args: readonly string[]): Taken {
  if (args.length !== 2) return refuse('takes a host and a port');
  const [host = '', port = ''] = args;
  if (host.toLowerCase() === 'no' && port.toLowerCase() === 'one') return take('');
  return /^\d+$/.test(port) && Number(port) <= 65_535
    ? take(`${host} ${Number(port)}`)
    : refuse('has no such port');
}

const SPECIAL: Record<string, (args: readonly string[], before: string) => Taken> = {
  'client-output-buffer-limit': bufferLimits,
  'notify-keyspace-events': keyspaceEvents,
  replicaof: replicaOf,
  bind: args => take(args.join(' ').trim()),
  'oom-score-adj-values': args =>
    args.length === 3 ? take(args.map(Number).join(' ')) : refuse('takes three numbers'),
  'latency-tracking-info-percentiles': args =>
    take(
      args
        .filter(arg => arg !== '')
        .map(Number)
        .join(' '),
    ),
};
