/**
 * Workflow commands (`::error file=a,line=1::text`) in what a program prints, as the runner reads them: line by line,
 * after leading blanks, only names that it knows, none while `::stop-commands::` holds. What is left is the log as a
 * person sees it, secrets masked from the moment they were named.
 * https://docs.github.com/actions/reference/workflows-and-actions/workflow-commands
 */

export type Command = {command: string; properties: Record<string, string>; message: string};

/** Those that print, hide or name something. The older ones that set values were replaced by files. */
const KNOWN = new Set([
  'add-mask',
  'add-matcher',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'notice',
  'remove-matcher',
  'stop-commands',
  'warning',
]);
/** The runner refuses or deprecates them; no action of ours may use them. */
const REFUSED = new Set(['set-env', 'add-path', 'set-output', 'save-state']);

const unescapeMessage = (text: string): string =>
  text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
const unescapeProperty = (text: string): string =>
  unescapeMessage(text.replaceAll('%3A', ':').replaceAll('%2C', ','));
const unescapeOlder = (text: string): string =>
  unescapeMessage(text.replaceAll('%3B', ';').replaceAll('%5D', ']'));

/** `::name key=value,…::message`, and the older `##[name key=value;…]message`, which counts anywhere in a line. */
const FORMS = [
  {
    form: /^\s*::([^\s:]+)(?: (.*?))?::(.*)$/s,
    between: ',',
    property: unescapeProperty,
    message: unescapeMessage,
  },
  {
    form: /##\[([^\s\]]+)(?: ([^\]]*))?\](.*)$/s,
    between: ';',
    property: unescapeOlder,
    message: unescapeOlder,
  },
];

/** `null` for a line that is no command. */
function parse(line: string, isKnown: (name: string) => boolean): Command | null {
  for (const {form, between, property, message} of FORMS) {
    const found = form.exec(line);
    const command = found?.[1]?.toLowerCase();
    if (!found || command === undefined || !isKnown(command)) continue;
    const pairs = (found[2] ?? '').trim().split(between);
    return {
      command,
      properties: Object.fromEntries(
        pairs
          .map(pair => /^([^=]+)=(.+)$/s.exec(pair))
          .filter(pair => pair !== null)
          .map(([, name, value]) => [name!, property(value!)]),
      ),
      message: message(found[3]!),
    };
  }
  return null;
}

/** Reads the output of one job: masks live as long as it does. */
export class CommandReader {
  readonly commands: Command[] = [];
  readonly #log: string[] = [];
  readonly #masks: Set<string>;
  readonly #debug: boolean;
  #stopToken: string | null = null;
  /** A command that the runner could not process fails its step. */
  refused = false;

  constructor({masks = new Set(), debug = false}: {masks?: Set<string>; debug?: boolean} = {}) {
    this.#masks = masks;
    this.#debug = debug;
  }

  get log(): string {
    return this.#log.join('\n');
  }

  mask(text: string): string {
    // The longest first: a secret may contain another.
    const secrets = [...this.#masks].toSorted((a, b) => b.length - a.length);
    return secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
  }

  /** The runner's own word. */
  say(line: string): void {
    this.#log.push(this.mask(line));
  }

  line(line: string): void {
    const shown = this.#shown(line);
    if (shown !== null) this.say(shown);
  }

  /** What a line looks like in the log; `null` if it is not there at all. */
  #shown(line: string): string | null {
    const token = this.#stopToken;
    const command = parse(line, name =>
      token === null ? KNOWN.has(name) || REFUSED.has(name) : name === token,
    );
    if (!command) return line;
    if (token !== null) {
      this.#stopToken = null;
      return line;
    }
    this.commands.push(command);
    return this.#obey(command, line);
  }

  #obey({command, message}: Command, line: string): string | null {
    if (REFUSED.has(command)) {
      this.refused = true;
      return `##[error]Unable to process command '${command}': its time is over.`;
    }
    switch (command) {
      case 'stop-commands':
        this.#stopToken = message.toLowerCase();
        // The runner keeps the token a secret, so that nobody can read it off the log and resume.
        if (message.length > 6) this.#masks.add(message);
        return line;
      case 'add-mask':
        for (const secret of [message, ...message.split(/[\r\n]+/).map(text => text.trim())]) {
          if (secret !== '') this.#masks.add(secret);
        }
        return null;
      case 'debug':
        return this.#debug ? `##[debug]${message}` : null;
      case 'group':
      case 'endgroup':
      case 'error':
      case 'warning':
      case 'notice':
        return `##[${command}]${message}`;
      default:
        return null;
    }
  }
}
