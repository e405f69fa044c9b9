/** Memory sizes in restore-drill.yml: as redis.conf writes them, but spaces around number and unit are forgiven. */
import {parseMemory} from '../redis/conf.ts';

/** Bytes; `null` when the text is no size. */
export const parseSize = (text: string): number | null => parseMemory(text.trim().replace(/(?<=\d)\s+/, ''));
