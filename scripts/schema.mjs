/**
 * Writes schema/*.json, the JSON Schemas of our files, from the schemas that the code itself checks them with. A test
 * holds the committed ones against what this would write: `npm run schema` makes them current.
 */
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {z} from 'zod';
import {configSchema} from '../src/config/schema.ts';
import {fleetReportSchema} from '../src/fleet/fleet-report.ts';

import {gateReportSchema} from '../src/gate/gate-report.ts';
import {inspectionSchema} from '../src/inspect/inspection.ts';
import {expectationsSchema} from '../src/judge/expectations.ts';
import {lintReportSchema} from '../src/lint/report/json.ts';
import {reportSchema} from '../src/report/drill-report.ts';
import {sabotageSchema} from '../src/sabotage/sabotage-report.ts';

/** `io`: of a config the form that people write, of everything else the form that we write. */
const SCHEMAS = [
  {
    name: 'config',
    schema: configSchema,
    io: 'input',
    title: 'restore-drill.yml',
    description: 'Which backups are drilled, on which server, and what is expected of them.',
  },
  {
    name: 'expectations',
    schema: expectationsSchema,
    io: 'output',
    title: 'Expectations of restore-drill (--expect)',
    description: 'A recorded census of a dataset, and which backup it was taken from.',
  },
  {
    name: 'gate',
    schema: gateReportSchema,
    io: 'output',
    title: 'restore-drill gate --report-json',
    description: 'Whether a release may go out, and why, by the newest drill of each backup.',
  },
  {
    name: 'inspection',
    schema: inspectionSchema,
    io: 'output',
    title: 'restore-drill inspect --json',
    description: 'What a dump says of itself, read without a server.',
  },
  {
    name: 'lint',
    schema: lintReportSchema,
    io: 'output',
    title: 'restore-drill lint --format json',
    description: 'What configurations allow to be lost, and what a change makes of them.',
  },
  {
    name: 'report',
    schema: reportSchema,
    io: 'output',
    title: 'restore-drill drill --report-json',
    description: 'What one drill found out, for every outcome.',
  },
  {
    name: 'fleet',
    schema: fleetReportSchema,
    io: 'output',
    title: 'restore-drill drill --report-json of several backups, and merge --report-json',
    description: 'Several drills and one verdict over all of them.',
  },
  {
    name: 'sabotage',
    schema: sabotageSchema,
    io: 'output',
    title: 'restore-drill sabotage --report-json',
    description: 'What came of each damaged copy of a backup.',
  },
];

/** What we write may grow: who checks it with an older schema must not be broken by a new field. */
function openToAdditions({jsonSchema}) {
  if (jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
}

/** Text by file name. */
export function schemaFiles() {
  return Object.fromEntries(
    SCHEMAS.map(({name, schema, io, title, description}) => {
      const override = io === 'output' ? openToAdditions : undefined;
      const {$schema, ...rest} = z.toJSONSchema(schema, {io, override});
      return [`${name}.json`, `${JSON.stringify({$schema, title, description, ...rest}, null, 2)}\n`];
    }),
  );
}

if (import.meta.main) {
  const directory = join(import.meta.dirname, '..', 'schema');
  for (const [name, text] of Object.entries(schemaFiles())) await writeFile(join(directory, name), text);
}
