/** Binary data that was written as text: in lines of base64, perhaps between a first and a last line that say so. */
import {type ByteStream, EndOfInput} from './byte-stream.ts';
import {Malformed} from './packing-fault.ts';

const AGE_END = '-----END AGE ENCRYPTED FILE-----';

/** What `openssl enc -a` writes. */
export async function* fromBase64(input: ByteStream): AsyncGenerator<Buffer> {
  yield* decoded(textOf(input));
}

/** age's armor, strictly between its two lines. */
export async function* fromAgeArmor(input: ByteStream): AsyncGenerator<Buffer> {
  yield* decoded(between(input));
}

async function* textOf(input: ByteStream): AsyncGenerator<string> {
  for await (const chunk of input.rest()) yield chunk.toString('latin1');
}

async function* between(input: ByteStream): AsyncGenerator<string> {
  let held = '';
  let begun = false;
  for await (const text of textOf(input)) {
    held += text;
    if (!begun) {
      const line = held.indexOf('\n');
      if (line < 0) continue;
      held = held.slice(line + 1);
      begun = true;
    }
    const end = held.indexOf(AGE_END);
    if (end >= 0) {
      yield held.slice(0, end);
      await nothingFollows(held.slice(end + AGE_END.length), input);
      return;
    }
    // The last line may have come in part.
    const safe = Math.max(0, held.length - AGE_END.length);
    yield held.slice(0, safe);
    held = held.slice(safe);
  }
  throw new EndOfInput();
}

async function nothingFollows(text: string, input: ByteStream): Promise<void> {
  const garbage = () => new Malformed('bytes that are none of it follow its end', 'backup/trailing-garbage');
  if (text.trim() !== '') throw garbage();
  for await (const more of textOf(input)) if (more.trim() !== '') throw garbage();
}

async function* decoded(text: AsyncIterable<string>): AsyncGenerator<Buffer> {
  let held = '';
  for await (const part of text) {
    held += part.replace(/\s+/g, '');
    if (/[^A-Za-z0-9+/=]/.test(held) || /=[^=]/.test(held)) throw new Malformed('its text is no base64');
    const whole = held.length - (held.length % 4);
    yield Buffer.from(held.slice(0, whole), 'base64');
    // Four characters that end in '=' are the last.
    if (held.slice(0, whole).endsWith('=') && held.length > whole)
      throw new Malformed('its text is no base64');
    held = held.slice(whole);
  }
  if (held !== '') throw new EndOfInput();
}
