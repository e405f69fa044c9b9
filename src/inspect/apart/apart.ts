/**
 * What was counted and digested apart, put together for the dataset of an inspection. In: the reader of values, when all
 * has been read, and the cells of all keys. Out: what apart-schema.ts describes.
 *
 * The digest `field-expiries-1` has no order: a chain, D = SHA1(D ^ SHA1(text)), for each field that expires, all of a
 * database XORed, and databases joined as DEBUG DIGEST joins them:
 *
 *     key  field  expires-at        milliseconds since 1970, as decimal digits
 */
import type {Cell} from '../cell.ts';
import {asideDigest} from '../digest/cell-sums.ts';
import type {Dataset} from '../inspection.ts';
import type {ValueReader} from '../values/value-reader.ts';
import {ALGORITHMS} from './apart-schema.ts';

type Apart = Pick<Dataset, 'consumerGroups' | 'functionCode' | 'fieldExpiries'>;

export function apartOf({streams, functions, digester}: ValueReader, cells: Cell[]): Apart {
  const {consumerGroups, functionCode, fieldExpiries} = ALGORITHMS;
  return {
    consumerGroups: {
      ...streams,
      digest: {algorithm: consumerGroups, hex: asideDigest(cells, 'consumer-groups')},
    },
    ...(!functions.isPreGa && {
      functionCode: {
        libraries: functions.libraries,
        sizeBytes: functions.sizeBytes,
        names: functions.names,
        digest: {algorithm: functionCode, hex: functions.code},
      },
    }),
    fieldExpiries: {
      fields: digester.expiringFields,
      digest: {algorithm: fieldExpiries, hex: asideDigest(cells, 'field-expiries')},
    },
  };
}
