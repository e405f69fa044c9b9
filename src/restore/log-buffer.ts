/** A server's log, kept within bounds: the first lines say who it is, the last ones why it died. */

const FIRST_LINES = 200;
const LAST_LINES = 1000;
/** A log line is a sentence; what is longer carries data (a stack, a value). */
const MAX_LINE_CHARS = 1000;

export class LogBuffer {
  readonly #first: string[] = [];
  #last: string[] = [];
  #partial = '';

  append(chunk: string): void {
    const lines = (this.#partial + chunk).split('\n');
    this.#partial = lines.pop()!.slice(0, MAX_LINE_CHARS);
    for (const line of lines) this.#push(line.trimEnd().slice(0, MAX_LINE_CHARS));
  }

  lines(): string[] {
    const partial = this.#partial === '' ? [] : [this.#partial];
    return [...this.#first, ...this.#last, ...partial];
  }

  #push(line: string): void {
    if (this.#first.length < FIRST_LINES) {
      this.#first.push(line);
      return;
    }
    this.#last.push(line);
    if (this.#last.length > 2 * LAST_LINES) this.#last = this.#last.slice(-LAST_LINES);
  }
}
