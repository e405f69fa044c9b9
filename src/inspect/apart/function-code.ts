/**
 * Function libraries: what DEBUG DIGEST knows nothing of. Code is hashed as it passes and kept nowhere, names only as
 * part of a hash. The digest `function-code-1` has no order, as libraries have none:
 *
 *     SHA1(code of one library) ^ SHA1(code of the next) ^ …        zeros where there is none
 *
 * so that of a single library it is what `sha1sum` says of its file. Names are digested alike.
 */
import {createHash} from 'node:crypto';
import type {DumpReader} from '../dump-reader.ts';
import type {ValueReader} from '../values/value-reader.ts';

/** `#!lua name=mylib`: the first line of a library. Source: functionsParseLibraryMetaData… of functions.c. */
const SHEBANG_NAME = /^#![^\n]*?\sname=(\w+)/;

export class FunctionSum {
  libraries = 0;
  sizeBytes = 0;
  /** A library of a release candidate of 7.0 is written in another way than every server would write it. */
  isPreGa = false;
  readonly #code = new Uint8Array(20);
  readonly #names = new Uint8Array(20);

  /** `start` is how the code begins. */
  add(codeSha1: Uint8Array, start: Uint8Array): void {
    const name = SHEBANG_NAME.exec(Buffer.from(start).toString('latin1'))?.[1] ?? '';
    this.libraries++;
    xorInto(this.#code, codeSha1);
    xorInto(this.#names, createHash('sha1').update(name).digest());
  }

  get code(): string {
    return Buffer.from(this.#code).toString('hex');
  }

  get names(): string {
    return Buffer.from(this.#names).toString('hex');
  }
}

function xorInto(sum: Uint8Array, bytes: Uint8Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! ^= bytes[i]!;
}

/** `code:str` */
export function readFunction(values: ValueReader): void {
  const {digester, functions} = values;
  digester.makeRoom();
  const code = values.text();
  const start = values.startOfLast();
  functions.sizeBytes += values.lastBytes;
  functions.add(digester.tape.digest(code), start);
}

/** `name:str engine:str has-description:len [description:str] code:str` */
export function skipPreGaFunction(dump: DumpReader): void {
  dump.skipString();
  dump.skipString();
  if (dump.length() !== 0) dump.skipString();
  dump.skipString();
}
