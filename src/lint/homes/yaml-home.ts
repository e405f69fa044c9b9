/**
 * Configurations inside of YAML: the command of a container (docker-compose, Kubernetes, CloudFormation), and text that
 * looks like a redis.conf (ConfigMaps, values of charts). In: a file's text, Helm's templates too. Out: configurations
 * with their places; what a template decides is open, and an included or mounted file is looked for by the caller.
 */
import {type YamlNode, yamlNodes} from '../../config/plain-yaml.ts';
import {type Configuration, imageOf, type Place, type Target} from '../setting.ts';
import {type ServerCommand, serverCommand} from './command.ts';
import {looksLikeConf, readConfText} from './conf-text.ts';
import {shellCommands, type Word} from './words.ts';

export type YamlHome = {
  configurations: Configuration[];
  /** Commands that read a file first, with what is mounted where. */
  mounted: {configuration: Configuration; confPath: string; mounts: Map<string, string>}[];
  /** Text of scripts, for the rules on copying. */
  scripts: {text: string; place: Place}[];
};

type Walk = {home: YamlHome; file: string; lines: string[]};

export function readYaml(text: string, file: string): YamlHome {
  const home: YamlHome = {configurations: [], mounted: [], scripts: []};
  const walk: Walk = {home, file, lines: text.split('\n')};
  for (const node of yamlNodes(withoutTemplates(text))) visit(node, [], null, walk);
  return home;
}

/** Outside of block text a line of a template would break the YAML; inside of it, it belongs to the text. */
function withoutTemplates(text: string): string {
  let blockIndent = -1;
  const lines = text.split('\n').map(line => {
    const indent = line.search(/\S/);
    if (blockIndent >= 0 && (indent < 0 || indent > blockIndent)) return line;
    blockIndent = /(?::|-)\s+[|>][-+\d]*\s*(?:#.*)?$/.test(line) ? indent : -1;
    if (/^\s*(?:\{\{[^}]*\}\}|\{%.*%\})\s*$/.test(line)) return line.replace(/\S.*$/, '#');
    return line.replace(
      /(?<!["'])\{\{[^}\n]*\}\}/g,
      action => `\${${'_'.repeat(Math.max(1, action.length - 3))}}`,
    );
  });
  return lines.join('\n');
}

function visit(node: YamlNode, path: readonly string[], around: Target | null, walk: Walk): void {
  if (node.kind === 'list') {
    for (const [index, item] of node.items.entries())
      visit(item, [...path, nameOf(item) ?? String(index)], around, walk);
    return;
  }
  if (node.kind === 'text') {
    readText(node, path, around, walk);
    return;
  }
  const target = chartTarget(node) ?? around;
  const container = readContainer(node, path, walk);
  for (const {key, node: inner} of node.entries) {
    if (container && /^(command|args|entrypoint)$/i.test(key)) continue;
    visit(inner, [...path, key], target, walk);
  }
}

function nameOf(node: YamlNode): string | null {
  const name = textAt(node, 'name');
  return name === null ? null : name.text;
}

type Text = Extract<YamlNode, {kind: 'text'}>;

const child = (node: YamlNode, key: string): YamlNode | undefined =>
  node.kind === 'map'
    ? (node.entries.find(entry => entry.key.toLowerCase() === key)?.node ??
      node.entries.filter(entry => entry.key === '<<').map(({node}) => child(node, key))[0])
    : undefined;

function textAt(node: YamlNode, key: string): Text | null {
  const found = child(node, key);
  return found?.kind === 'text' ? found : null;
}

/** A chart's `image: {repository: bitnami/redis, tag: 7.2.4}`. */
function chartTarget(node: YamlNode): Target | null {
  const image = child(node, 'image');
  if (image?.kind !== 'map') return null;
  const repository = textAt(image, 'repository')?.text ?? '';
  return imageOf(`${repository}:${textAt(image, 'tag')?.text ?? ''}`)?.target ?? null;
}

function readText(
  node: Text,
  path: readonly string[],
  target: Target | null,
  {home, file, lines}: Walk,
): void {
  if (!node.text.includes('\n')) {
    if (/redis-cli|valkey-cli|\.rdb|appendonly/i.test(node.text))
      home.scripts.push({text: node.text, place: {file, line: node.line, column: node.column}});
    return;
  }
  const place = {file, line: node.line, column: node.column};
  if (!looksLikeConf(node.text)) {
    home.scripts.push({text: node.text, place: blockStart(node, lines, file)});
    return;
  }
  const start = blockStart(node, lines, file);
  const placeOf = (line: number, column: number): Place =>
    node.literal ? {file, line: start.line + line - 1, column: start.column + column - 1} : place;
  home.configurations.push({
    ...place,
    ...readConfText(node.text, placeOf),
    name: path.join('.'),
    complete: false,
    bare: false,
    target,
    files: [file],
  });
}

/** The text of a block begins on the line below its mark. */
function blockStart({line, column, literal}: Text, lines: readonly string[], file: string): Place {
  if (!literal) return {file, line, column};
  const first = lines.slice(line).find(text => text.trim() !== '') ?? '';
  return {file, line: line + 1, column: Math.max(0, first.search(/\S/)) + 1};
}

/** Answers whether the map is a container whose command has been understood. */
function readContainer(node: YamlNode, path: readonly string[], {home, file, lines}: Walk): boolean {
  if (node.kind !== 'map') return false;
  const image = imageOf(textAt(node, 'image')?.text ?? '');
  const words = ['entrypoint', 'command', 'args'].flatMap(key => wordsOf(child(node, key), file, lines));
  const said = words.length > 0;
  if (image === null && !said) return false;
  const command: ServerCommand | null = serverCommand(words, {assumed: image !== null});
  if (command === null) return false;
  const configuration: Configuration = {
    file,
    line: node.line,
    column: node.column,
    name: path.join('.'),
    settings: command.settings,
    unreadable: [],
    open: command.open,
    complete: false,
    bare: command.settings.length === 0 && command.confPath === null && command.open.length === 0,
    target: image?.target ?? null,
    files: [file],
  };
  home.configurations.push(configuration);
  if (command.confPath)
    home.mounted.push({configuration, confPath: command.confPath.text, mounts: mountsOf(node)});
  return said;
}

function wordsOf(node: YamlNode | undefined, file: string, lines: readonly string[]): Word[] {
  if (node?.kind === 'list')
    return node.items.flatMap(item => (item.kind === 'text' ? [wordOf(item, file, lines)] : []));
  if (node?.kind !== 'text') return [];
  // As a string, compose splits it like a shell; a block of several lines is one command too.
  const place = node.literal ? blockStart(node, lines, file) : {file, line: node.line, column: node.column};
  return shellCommands(node.text.trim().replace(/\n/g, ' '), place).flat();
}

function wordOf(node: Text, file: string, lines: readonly string[]): Word {
  const {line, column} = blockStart(node, lines, file);
  return {text: node.text, file, line, column};
}

/** What of this machine lies where in the container: `./redis.conf:/etc/redis.conf:ro`. */
function mountsOf(node: YamlNode): Map<string, string> {
  const volumes = child(node, 'volumes');
  const mounts = new Map<string, string>();
  for (const item of volumes?.kind === 'list' ? volumes.items : []) {
    const [source, target] =
      item.kind === 'text'
        ? item.text.split(':')
        : [textAt(item, 'source')?.text, textAt(item, 'target')?.text];
    if (source?.startsWith('.') && target) mounts.set(target, source);
  }
  return mounts;
}
