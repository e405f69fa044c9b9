/**
 * The command that starts a server, as a container or a service has it: `redis-server /etc/redis.conf --appendonly yes`.
 * In: words. Out: settings as the server makes them of its arguments, the file that it reads first, and from where others
 * may come. `--save` and its numbers may be one word or several: the server joins and splits them again.
 */
import {confBytes, splitArgs} from '../../redis/conf.ts';
import {asSetting, isTemplated, type Place, type Setting} from '../setting.ts';
import {shellCommands, type Word} from './words.ts';

export type ServerCommand = {
  settings: Setting[];
  /** The configuration file that is named; `null` where there is none. */
  confPath: Word | null;
  open: (Place & {because: string})[];
};

const SERVER = /(?:^|\/)(?:redis|valkey|redict)-server$/;
const SHELL = /(?:^|\/)(?:sh|bash|ash|dash)$/;

/** `assumed`: the image starts a server with whatever stands here, as the official ones do. */
export function serverCommand(words: readonly Word[], {assumed}: {assumed: boolean}): ServerCommand | null {
  const shell = words.findIndex(({text}) => SHELL.test(text));
  const flag = words.findIndex(({text}, index) => index > shell && /^-[a-z]*c$/.test(text));
  if (shell >= 0 && flag >= 0) {
    const script = words[flag + 1];
    const commands = script ? shellCommands(script.text, script) : [];
    return commands.map(command => fromServer(command)).find(found => found !== null) ?? null;
  }
  return fromServer(words) ?? (assumed && beginsLikeArguments(words) ? fromArguments(words) : null);
}

/** The entrypoint of the official images puts the server before what begins so. */
const beginsLikeArguments = ([first]: readonly Word[]): boolean =>
  first === undefined ||
  first.text.startsWith('-') ||
  first.text.endsWith('.conf') ||
  isTemplated(first.text);

function fromServer(words: readonly Word[]): ServerCommand | null {
  const at = words.findIndex(({text}) => SERVER.test(text));
  return at < 0 ? null : fromArguments(words.slice(at + 1));
}

function fromArguments(words: readonly Word[]): ServerCommand {
  const command: ServerCommand = {settings: [], confPath: null, open: []};
  const options: Word[][] = [];
  for (const [index, word] of words.entries()) {
    const option = options.at(-1);
    if (word.text.startsWith('--')) options.push([word]);
    else if (option && !(isTemplated(word.text) && option.length > 1)) option.push(word);
    else if (isTemplated(word.text))
      command.open.push({...place(word), because: 'a template may put further options here'});
    else if (index === 0 && word.text !== '-') command.confPath = word;
  }
  for (const option of options) {
    const setting = readOption(option);
    if (setting) command.settings.push(setting);
  }
  return command;
}

const place = ({file, line, column}: Place): Place => ({file, line, column});

function readOption([first, ...rest]: readonly Word[]): Setting | null {
  // The name is part of a line that the server reads like one of its file: it may bring its arguments along.
  const [name = '', ...own] = splitArgs(confBytes(first!.text.slice(2))) ?? [];
  const args = [...own, ...rest.map(({text}) => confBytes(text))];
  if (name === '') return null;
  // `--save` with nothing behind it turns save points off.
  const said = name.toLowerCase() === 'save' && args.length === 0 ? [''] : args;
  return asSetting({name: name.toLowerCase(), args: said, ...place(first!)});
}
