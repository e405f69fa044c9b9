/**
 * One directive as a configuration has it, wherever that is kept. In: what a home (a file, a command, a ConfigMap) holds.
 * Out: a directive with its place; of a template the value is not known, and nothing here guesses it.
 */
import type {Directive} from '../redis/conf.ts';

export type Setting = Directive & {
  /** Its value, or a part of it, is put in by something that does not run here. */
  templated?: true;
};

export type Place = {file: string; line: number; column: number};

/** A server, as an image or a person names it: `redis:7.2`. */
export type Target = {product: 'redis' | 'valkey' | 'redict'; line: string};

export type Configuration = Place & {
  /** What it is, for people: `redis.conf`, `services.cache.command`. */
  name: string;
  settings: Setting[];
  /** Lines that no server reads. */
  unreadable: (Place & {because: string})[];
  /** From where further settings may come that are not known here: a template, a file of another machine. */
  open: (Place & {because: string})[];
  /** Read from a live server: what is not in it does not exist. */
  complete: boolean;
  /** A server that is started with nothing at all has the save points of its stock, of old versions too. */
  bare: boolean;
  target: Target | null;
  /** Every file that it was read from. */
  files: string[];
};

/** `${…}`, `$(…)`, `{{ … }}`, `{% … %}`, `<%= … %>`, `@…@`, and a variable of a shell. */
const TEMPLATE = /\$\{|\$\(|\{\{|\{%|<%|^\$[A-Za-z_]|^@[A-Z_]+@$/;

export const isTemplated = (text: string): boolean => TEMPLATE.test(text);

/** Marks what a template decides. */
export function asSetting(directive: Directive): Setting {
  return directive.args.some(isTemplated) ? {...directive, templated: true} : directive;
}

/** Images of servers, and not of their tools: `redis:7-alpine`, `bitnami/valkey:8.1.3`, `docker.io/library/redis`. */
export function imageOf(image: string): {target: Target | null} | null {
  const [, product, tag = ''] =
    /(?:^|\/)(redis|valkey|redict)(?:-stack|-stack-server|-server|-cluster|-bundle|-photon)?(?::([^@/]+))?(?:@.*)?$/i.exec(
      image,
    ) ?? [];
  if (product === undefined) return null;
  const [, line] = /^v?(\d+(?:\.\d+)?)/.exec(tag) ?? [];
  return {target: line === undefined ? null : {product: product.toLowerCase() as Target['product'], line}};
}
