/**
 * xz, by xz-embedded in WebAssembly (xz-decompress): streams that follow one another, CRC-32 and CRC-64 checked. Its
 * error codes become words here. One such decoder works at
 * a time in a process, as they share their memory: xz in xz would wait for ever, and is refused in layer.ts.
 */
import {crc32} from 'node:zlib';
import xz from 'xz-decompress';
import {type ByteStream, EndOfInput} from './byte-stream.ts';
import {Malformed, unsupportedForm} from './packing-fault.ts';

/** enum xz_ret of xz.h. */
const XZ_UNSUPPORTED_CHECK = 2;
const XZ_MEMLIMIT_ERROR = 4;
const XZ_FORMAT_ERROR = 5;
const XZ_OPTIONS_ERROR = 6;
const XZ_DATA_ERROR = 7;
const XZ_BUF_ERROR = 8;

export async function* unxz(input: ByteStream): AsyncGenerator<Uint8Array> {
  let failed: unknown;
  const tail = new Tail();
  const source = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const chunk = await input.next();
        if (chunk) tail.add(chunk);
        if (chunk) controller.enqueue(chunk);
        else controller.close();
      } catch (error) {
        failed = error;
        controller.error(error);
      }
    },
  });
  const plain = new xz.XzReadableStream(source).getReader();
  try {
    for (;;) {
      const {done, value} = await plain.read();
      if (done) return;
      yield value;
    }
  } catch (error) {
    throw failed ?? explained(error, tail);
  } finally {
    // Sets the decoder free for the next.
    await plain.cancel().catch(() => {});
  }
}

function explained(error: unknown, tail: Tail): unknown {
  const code = Number(/error code (\d+)$/.exec(error instanceof Error ? error.message : '')?.[1]);
  switch (code) {
    case XZ_UNSUPPORTED_CHECK:
    case XZ_OPTIONS_ERROR:
      return unsupportedForm('xz data with a filter or check that is not built in (such as --check=sha256)');
    case XZ_MEMLIMIT_ERROR:
      return unsupportedForm('xz data with so large a dictionary');
    case XZ_FORMAT_ERROR:
      return garbage();
    case XZ_DATA_ERROR:
      return new Malformed('its data or its checksum is wrong');
    case XZ_BUF_ERROR:
      return tail.hasWholeEnd() ? garbage() : new EndOfInput();
    default:
      return error;
  }
}

const garbage = () => new Malformed('bytes that are none of it follow its end', 'backup/trailing-garbage');

/** How far from the end the end of a stream is looked for. */
const TAIL_BYTES = 64 * 1024;
const FOOTER_BYTES = 12;
const STREAM_MAGIC = Buffer.from('fd377a585a00', 'hex');

/**
 * The last bytes of the input, by which "cut short" is told from "goes on after its end": the decoder says the same of both.
 */
class Tail {
  #bytes: Buffer = Buffer.alloc(0);

  add(chunk: Buffer): void {
    this.#bytes = Buffer.from(
      Buffer.concat([this.#bytes, chunk.subarray(-TAIL_BYTES)]).subarray(-TAIL_BYTES),
    );
  }

  /**
   * Whether a stream ends here, and what follows begins no other: `crc of the next two 4 | size 4 | flags 2 | 'YZ'`.
   */
  hasWholeEnd(): boolean {
    const bytes = this.#bytes;
    for (let at = bytes.lastIndexOf('YZ'); at >= FOOTER_BYTES - 2; at = bytes.lastIndexOf('YZ', at - 1)) {
      const footer = bytes.subarray(at + 2 - FOOTER_BYTES, at + 2);
      if (crc32(footer.subarray(4, 10)) !== footer.readUInt32LE(0)) continue;
      return !bytes.subarray(at + 2).includes(STREAM_MAGIC);
    }
    return false;
  }
}
