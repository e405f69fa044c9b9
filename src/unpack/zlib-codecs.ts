/**
 * What Node's own zlib decodes: gzip, zstd, and the deflate of zip archives. Its streams stop at the end of the first
 * frame or pass over what follows the last, so how far they came is looked at, and the rest read on or refused.
 */
import {once} from 'node:events';
import {createGunzip, createInflateRaw, createZstdDecompress, type ZstdDecompress} from 'node:zlib';
import {DrillError} from '../errors.ts';
import {type ByteStream, EndOfInput} from './byte-stream.ts';
import {Malformed} from './packing-fault.ts';

/** Of output; input comes in the pieces it was read in. */
const CHUNK_BYTES = 512 * 1024;
/** Lets the decoder's thread work on while the last pieces are hashed and written. */
const AHEAD_BYTES = 1024 * 1024;
const SIZES = {chunkSize: CHUNK_BYTES, readableHighWaterMark: AHEAD_BYTES};

type Engine = Pick<ZstdDecompress, keyof ZstdDecompress>;

export async function* gunzip(input: ByteStream): AsyncGenerator<Buffer> {
  // Members that follow one another are read by the engine itself, padding by zeros is not.
  yield* through(createGunzip(SIZES), input);
  for await (const chunk of input.rest()) {
    if (chunk.some(byte => byte !== 0)) throw garbage();
  }
}

export async function* unzstd(input: ByteStream): AsyncGenerator<Buffer> {
  do yield* through(createZstdDecompress(SIZES), input);
  while (await anotherFrame(input));
}

/** Ends at the end of the deflate stream; what follows it is still in `input`. */
export const inflateRaw = (input: ByteStream): AsyncGenerator<Buffer> =>
  through(createInflateRaw(SIZES), input);

/** Of data, or one that is to be skipped. Source: RFC 8878, sections 3.1.1 and 3.1.2. */
async function anotherFrame(input: ByteStream): Promise<boolean> {
  const head = await input.peek(4);
  if (head.length === 0) return false;
  if (head.length < 4) throw garbage();
  const magic = head.readUInt32LE(0);
  if (magic !== 0xfd2fb528 && (magic & 0xfffffff0) >>> 0 !== 0x184d2a50) throw garbage();
  return true;
}

const garbage = () => new Malformed('bytes that are none of it follow its end', 'backup/trailing-garbage');

async function* through(engine: Engine, input: ByteStream): AsyncGenerator<Buffer> {
  const closed = once(engine, 'close');
  closed.catch(() => {});
  let given = 0;
  const feed = async (): Promise<void> => {
    for (let chunk = await input.next(); chunk !== null; chunk = await input.next()) {
      given += chunk.length;
      const piece = chunk;
      const written = new Promise<void>(resolve => engine.write(piece, () => resolve()));
      // After an error nobody is told that the piece was written.
      await Promise.race([written, closed]);
      if (engine.destroyed) return;
      const left = given - engine.bytesWritten;
      if (left > 0) return input.unread(chunk.subarray(chunk.length - left));
    }
    engine.end();
  };
  const feeding = feed().catch(error => void engine.destroy(error));
  try {
    for await (const chunk of engine) yield chunk as Buffer;
    await feeding;
  } catch (error) {
    throw explained(error);
  } finally {
    engine.destroy();
  }
}

/** In the words of zlib.h and zstd_errors.h. */
function explained(error: unknown): unknown {
  const {code = '', message} = error as NodeJS.ErrnoException;
  if (code === 'Z_BUF_ERROR') return new EndOfInput();
  // The first header was seen before; this one stands behind a member or frame that was whole.
  if (message === 'incorrect header check' || code === 'ZSTD_error_prefix_unknown') return garbage();
  if (code === 'ZSTD_error_frameParameter_windowTooLarge') {
    return new DrillError('unpack/unsupported-form', 'this zstd data needs a window of more than 128 MiB', {
      hint: 'Compress without --long, or with --long=27 at most.',
    });
  }
  if (/^Z(STD)?_/.test(code)) return new Malformed(message);
  return error;
}
