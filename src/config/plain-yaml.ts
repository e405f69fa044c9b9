/**
 * YAML as a config may use it: maps, lists and plain values, whichever version a text says it is of. A `!!omap` or a date
 * would become an object without keys of its own, and its settings would be gone without a word. In: text; out: no
 * warning on stderr, where the Actions runner would take commands from the text that is repeated in it.
 */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parse,
  parseAllDocuments,
  parseDocument,
} from 'yaml';

const PLAIN = {
  schema: 'core',
  resolveKnownTags: false,
  merge: false,
  logLevel: 'error',
  // By the names that they become: `0` and `"0"` are one key, and one of the two would be dropped.
  uniqueKeys: (a: unknown, b: unknown) =>
    a === b || (isScalar(a) && isScalar(b) && String(a.value) === String(b.value)),
} as const;

type Path = readonly PropertyKey[];

export type PlainDocument = {
  /** A fault of the whole has no line. */
  errors: {line: number | null; message: string}[];
  value: unknown;
  /** Line of a key, or of the nearest thing around it that was written. */
  lineOf(path: Path): number;
};

export function plainDocument(text: string): PlainDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, {...PLAIN, lineCounter: lines});
  const errors: PlainDocument['errors'] = document.errors.map(({message, pos}) => ({
    line: lines.linePos(pos[0]).line,
    message: message.split('\n')[0]!,
  }));
  let value: unknown;
  try {
    if (errors.length === 0) value = document.toJS();
  } catch (cause) {
    // An alias without an anchor, or so many that they would fill the memory.
    errors.push({line: null, message: cause instanceof Error ? cause.message : String(cause)});
  }
  return {errors, value, lineOf: path => lineOf(document, lines, path)};
}

export const plainValue = (text: string): unknown => parse(text, PLAIN);

function lineOf(document: Document, lines: LineCounter, path: Path): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = keyOf(document, path.slice(0, length)) ?? document.getIn(path.slice(0, length), true);
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

/** A value may begin below its key. */
function keyOf(document: Document, path: Path): unknown {
  const around = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  if (!isMap(around)) return undefined;
  return around.items.find(({key}) => isScalar(key) && String(key.value) === String(path.at(-1)))?.key;
}

/** Whatever YAML others keep, with the place of each thing: read as far as it can be, and nothing in it is obeyed. */
export type YamlNode = {line: number; column: number} & (
  | {kind: 'map'; entries: {key: string; node: YamlNode}[]}
  | {kind: 'list'; items: YamlNode[]}
  | {kind: 'text'; text: string /** Each line of it is a line of the file. */; literal: boolean}
);

/** Of all documents of a file. An alias can stand for a thousand others. */
const MAX_NODES = 100_000;

export function yamlNodes(text: string): YamlNode[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {...PLAIN, lineCounter: lines, uniqueKeys: false});
  let left = MAX_NODES;
  const convert = (node: unknown, document: Document): YamlNode | null => {
    left -= 1;
    if (left < 0) return null;
    if (isAlias(node)) return convert(node.resolve(document), document);
    if (!isNode(node) || !node.range) return null;
    const {line, col: column} = lines.linePos(node.range[0]);
    if (isScalar(node)) {
      const source = typeof node.value === 'string' ? node.value : (node.source ?? '');
      return {kind: 'text', text: source, literal: node.type === 'BLOCK_LITERAL', line, column};
    }
    const whole = (inner: unknown) => convert(inner, document);
    if (isSeq(node)) {
      const items = node.items.map(whole).filter(item => item !== null);
      return {kind: 'list', items, line, column};
    }
    if (!isMap(node)) return null;
    const entries = node.items.flatMap(({key, value}) => {
      const inner = whole(value);
      return isScalar(key) && inner !== null ? [{key: String(key.value), node: inner}] : [];
    });
    return {kind: 'map', entries, line, column};
  };
  const all = Array.isArray(documents) ? documents : [];
  return all.map(document => convert(document.contents, document)).filter(node => node !== null);
}
