/** What tidy.test.ts asks of source files: their imports, functions, strings and names, read from the syntax tree. */
import {readFileSync} from 'node:fs';
import {type Module, parseSync} from '@swc/core';

export type Import = {
  from: string;
  /** Names that are imported as values; `*` for all, or where the whole module is loaded for its effect. */
  values: string[];
  /** `await import(…)`. */
  lazy: boolean;
};

export type Syntax = {
  text: string;
  imports: Import[];
  functions: {name: string; lines: number}[];
  strings: string[];
  /** Plain names, names with one property, and what is made without arguments: `fetch`, `process.env`, `new Date()`. */
  names: Set<string>;
  /** Kinds of syntax that occur, in swc's words. */
  kinds: Set<string>;
};

// biome-ignore lint/suspicious/noExplicitAny: a tree of nodes of all kinds, as JSON
type Node = any;

export function readSyntax(path: string): Syntax {
  const text = readFileSync(path, 'utf8');
  // swc counts bytes over all files of a process; a first token of known place says from where.
  const source = `;${text}`;
  const module: Module = parseSync(source, {
    syntax: 'typescript',
    target: 'es2024',
  });
  const bytes = Buffer.from(source);
  const linesOf = ({start, end}: {start: number; end: number}): number =>
    bytes.toString('utf8', start - module.span.start, end - module.span.start).split('\n').length;

  const syntax: Syntax = {text, imports: [], functions: [], strings: [], names: new Set(), kinds: new Set()};
  visit(module, 'the module', (node, name) => {
    syntax.kinds.add(node.type);
    if (node.type === 'StringLiteral') syntax.strings.push(node.value);
    if (node.type === 'Identifier') syntax.names.add(node.value);
    if (node.type === 'MemberExpression' && node.property.type === 'Identifier') {
      syntax.names.add(`${node.object.value ?? ''}.${node.property.value}`);
    }
    if (node.type === 'NewExpression' && !node.arguments?.length)
      syntax.names.add(`new ${node.callee.value}()`);
    if (FUNCTIONS.has(node.type)) syntax.functions.push({name, lines: linesOf(node.span)});
    const found = importOf(node);
    if (found) syntax.imports.push(found);
  });
  return syntax;
}

const FUNCTIONS = new Set([
  'FunctionDeclaration',
  'FunctionExpression',
  'ArrowFunctionExpression',
  'ClassMethod',
  'PrivateMethod',
  'Constructor',
]);

function importOf(node: Node): Import | null {
  switch (node.type) {
    case 'ImportDeclaration': {
      const values = node.typeOnly ? [] : node.specifiers.filter((one: Node) => !one.isTypeOnly).map(nameOf);
      const effect = node.specifiers.length === 0 ? ['*'] : [];
      return {from: node.source.value, values: [...values, ...effect], lazy: false};
    }
    case 'ExportNamedDeclaration':
      if (!node.source) return null;
      return {from: node.source.value, values: node.typeOnly ? [] : ['*'], lazy: false};
    case 'ExportAllDeclaration':
      return {from: node.source.value, values: ['*'], lazy: false};
    case 'CallExpression':
      if (node.callee.type !== 'Import') return null;
      return {from: node.arguments[0].expression.value ?? '', values: ['*'], lazy: true};
    default:
      return null;
  }
}

const nameOf = (specifier: Node): string =>
  specifier.type === 'ImportSpecifier' ? (specifier.imported ?? specifier.local).value : '*';

/** Depth first; `name` is what the nearest thing around that has a name is called. */
function visit(node: Node, name: string, see: (node: Node, name: string) => void): void {
  if (node === null || typeof node !== 'object') return;
  if (Array.isArray(node)) {
    for (const item of node) visit(item, name, see);
    return;
  }
  const own = node.identifier?.value ?? node.key?.value ?? node.id?.value ?? name;
  if (typeof node.type === 'string') see(node, own);
  for (const [field, child] of Object.entries(node)) if (field !== 'span') visit(child, own, see);
}
