/**
 * What a server would report by CONFIG GET after starting with a configuration. In: settings in the order in which they
 * are read, and the table of the server. Out: value by canonical name, where each comes from, and what the server would
 * not take; what a template decides is `null`, and so is what may still be set from where nobody can look.
 */

import {pointsText, readSave, savePoints} from './save-points.ts';
import {compareLines, rowOf, type ServerTable, type TablesOf} from './server-table.ts';
import type {Configuration, Setting} from './setting.ts';
import {takeValue} from './value.ts';

export type Value = {
  /** `null`: not known here. */
  text: string | null;
  /** The last setting that decides it; `null` where the server's own value holds. */
  from: Setting | null;
};

export type Effective = {
  table: ServerTable;
  values: Map<string, Value>;
  /** Named in no table of the version. */
  unknown: Setting[];
  refused: {setting: Setting; because: string}[];
  /** Lines that a server passes over without a word. */
  ignored: Setting[];
};

export function effectiveOf(configuration: Configuration, {nearest, around}: TablesOf): Effective {
  const {settings, complete, open, bare} = configuration;
  const effective: Effective = {table: nearest, values: new Map(), unknown: [], refused: [], ignored: []};
  const {values} = effective;
  for (const {name, value} of complete ? [] : nearest.rows.values()) {
    if (value !== null) values.set(name, {text: open.length > 0 ? null : value, from: null});
  }
  const saves: Setting[] = [];
  for (const setting of settings) {
    const table = [nearest, ...around].find(table => rowOf(table, setting.name) !== undefined);
    if (table === undefined) {
      // Of a module: only that knows.
      if (!setting.name.includes('.')) effective.unknown.push(setting);
      continue;
    }
    const row = rowOf(table, setting.name)!;
    if (complete) values.set(row.name, {text: setting.args.join(' '), from: setting});
    else if (row.name === 'save') saves.push(setting);
    else if (setting.templated) values.set(row.name, {text: null, from: setting});
    else {
      const taken = takeValue(row, setting.args, values.get(row.name)?.text ?? row.value ?? '');
      if ('refused' in taken) effective.refused.push({setting, because: taken.refused});
      else if (row.value !== null) values.set(row.name, {text: taken.value, from: setting});
    }
  }
  decideSaves(saves, effective, {complete, bare, open: open.length > 0});
  const cluster = values.get('cluster-enabled');
  if (!complete && cluster?.text === 'yes' && hasOneDatabase(nearest))
    values.set('databases', {text: '1', from: cluster.from});
  return effective;
}

/** As a node of a cluster, whatever `databases` says (asked of all servers that have a table). */
const hasOneDatabase = ({product, line}: ServerTable): boolean =>
  product === 'valkey' ? compareLines(line, '9.0') < 0 : compareLines(line, '7.2') >= 0;

function decideSaves(
  saves: readonly Setting[],
  effective: Effective,
  {complete, bare, open}: {complete: boolean; bare: boolean; open: boolean},
): void {
  const {table, values, refused, ignored} = effective;
  const last = saves.at(-1);
  if (last === undefined) {
    if (complete || open) return;
    const stock = table.rows.get('save')!.value!;
    values.set('save', {text: pointsText(savePoints([], table, {stock, bare})), from: null});
    return;
  }
  for (const setting of saves) {
    if (setting.templated) continue;
    const line = readSave(setting.args, table);
    if (line === null) refused.push({setting, because: 'takes pairs of seconds and changes'});
    else if ('ignored' in line) ignored.push(setting);
  }
  const known = !saves.some(({templated}) => templated);
  const stock = table.rows.get('save')?.value ?? '';
  const points = savePoints(
    saves.map(({args}) => args),
    table,
    {stock, bare},
  );
  values.set('save', {text: known ? pointsText(points) : null, from: last});
}
