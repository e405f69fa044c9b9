/**
 * The dump as a file: opened once, read by offset, closed by `using`. It must hold still: its size at the start is
 * the size that counts, and a file that changes under us gives no inspection at all.
 */
import {closeSync, fstatSync, openSync, readSync, statSync} from 'node:fs';
import {DrillError} from '../errors.ts';
import type {Source} from './dump-reader.ts';

export type FileSource = Source &
  Disposable & {
    /** Throws where the file has grown or shrunk since it was opened. */
    assertUnchanged(): void;
  };

export function openDump(path: string): FileSource {
  const descriptor = attempt(path, 'opened', () => {
    // Before opening: opening a pipe would wait for a writer.
    if (!statSync(path).isFile()) throw new Error('not a regular file');
    return openSync(path, 'r');
  });
  const {size: sizeBytes} = fstatSync(descriptor);
  return {
    sizeBytes,
    read(into, offset) {
      const got = attempt(path, 'read', () => readSync(descriptor, into, 0, into.length, offset));
      if (got === 0) throw changed(path);
      return got;
    },
    assertUnchanged() {
      if (fstatSync(descriptor).size !== sizeBytes) throw changed(path);
    },
    [Symbol.dispose]() {
      closeSync(descriptor);
    },
  };
}

function attempt<T>(path: string, verb: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DrillError('source/unreadable', `The dump ${path} cannot be ${verb}: ${reason}`, {
      hint: 'Check that the file exists and that this user may read it.',
      cause,
    });
  }
}

function changed(path: string): DrillError {
  return new DrillError('source/unreadable', `The dump ${path} changed its size while it was read.`, {
    hint: 'Is it still being written or uploaded? Take the backup when it is complete, or work on a copy.',
  });
}
