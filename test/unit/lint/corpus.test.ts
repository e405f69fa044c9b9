/** Configurations of other people: each is read whole, and has no directive that is unknown to its own version. */
import {dirname} from 'node:path';
import {expect, test} from '@jest/globals';
import {findIn} from '../../../src/lint/homes/find.ts';
import {lint} from '../../../src/lint/lint.ts';
import type {Target} from '../../../src/lint/setting.ts';
import {CORPUS_OF_CONFIGS, configurations} from '../../conf-corpus.ts';

const ofCorpus = CORPUS_OF_CONFIGS === null ? test.skip : test;
const skipped = CORPUS_OF_CONFIGS === null ? ' (skipped: the corpus is not here)' : '';

/** Called 7.0 by the index, but a real 7.0.15 refuses three of its lines, which are of 7.2: so do we. */
const REFUSED_INDEED = '0x30c4+GhostBin/redis/redis.conf';
const OF_7_2 = ['locale-collate', 'set-max-listpack-entries', 'set-max-listpack-value'];

function targetOf(version: string): Target | null {
  const [, product, line] = /^(Redis|Valkey) (\d+\.\d+)/.exec(version) ?? [];
  return line === undefined ? null : {product: product!.toLowerCase() as Target['product'], line};
}

ofCorpus.each(['redis.conf', 'compose', 'k8s', 'helm', 'other'])(
  `%s: nothing unknown, refused or unreadable${skipped}`,
  async kind => {
    const told: string[] = [];
    let read = 0;
    for (const {path, file, productVersion} of configurations(kind)) {
      const found = await findIn(file, dirname(file));
      if ('unreadable' in found) throw new Error(`${path}: ${found.unreadable}`);
      read += found.configurations.length;
      const side = {...found, texts: new Map<string, string>()};
      const job = {maxLoss: null, writeRate: null, target: targetOf(productVersion)};
      for (const {rule, severity, message} of lint(side, null, job).findings) {
        if (severity !== 'note' && /unknown|refused-value|unreadable|ignored/.test(rule))
          told.push(`${path}: ${message}`);
      }
    }
    const refused = OF_7_2.map(
      name => `${REFUSED_INDEED}: "${name}" is unknown to redis 7.0: it does not start`,
    );
    expect(told).toEqual(kind === 'redis.conf' ? refused : []);
    // At least one of each kind, so that reading nothing is no success.
    expect(read).toBeGreaterThan(0);
  },
);
