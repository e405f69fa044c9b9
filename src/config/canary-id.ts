/**
 * Under which name a canary is recorded: a hash of where it is and what its key is, so that it is found again wherever
 * in the list it stands, and no file but the config has its key.
 */
import {createHash} from 'node:crypto';

export const canaryId = ({database, key}: {database: number; key: Uint8Array}): string =>
  createHash('sha256').update(`${database}:`).update(key).digest('hex');
