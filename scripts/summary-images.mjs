/**
 * What belongs to the pictures of job summaries in docs/images: which there are, how they were rendered, and the mark in
 * each picture that says of which Markdown it was taken. Shared by the script that makes them and the test that checks them.
 */
import {createHash} from 'node:crypto';
import path from 'node:path';
import {crc32} from 'node:zlib';

export const IMAGES = path.join(import.meta.dirname, '..', 'docs', 'images');
export const SUMMARIES = ['summary-passed', 'summary-failed'];

/** As the runner would say where the Action is from; the links of a summary lead there. */
export const ACTION = {
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_ACTION_REPOSITORY: 'OWNER/redis-restore-drill',
  GITHUB_ACTION_REF: 'v1',
};
/** What the Action asks of its summaries. */
export const RENDERING = {
  maxBytes: 1024 * 1024,
  docsUrl: `${ACTION.GITHUB_SERVER_URL}/${ACTION.GITHUB_ACTION_REPOSITORY}/blob/${ACTION.GITHUB_ACTION_REF}/docs`,
};

/** README loads them on every visit. */
export const MAX_IMAGE_BYTES = 300_000;

const KEYWORD = 'Source-SHA-256';

/**
 * A PNG ends in a chunk without data: length (4 bytes, 0), `IEND`, CRC-32. Before it goes one of text:
 * length (4), `tEXt`, keyword, a zero byte, text, CRC-32 (4) of all from `tEXt` on.
 * @param {Buffer} png
 * @param {string} markdown
 */
export function marked(png, markdown) {
  const body = Buffer.from(`tEXt${markOf(markdown)}`, 'latin1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length - 4);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32BE(crc32(body));
  return Buffer.concat([png.subarray(0, -12), length, body, checksum, png.subarray(-12)]);
}

/** @param {string} markdown */
export function markOf(markdown) {
  return `${KEYWORD}\0${createHash('sha256').update(markdown).digest('hex')}`;
}
