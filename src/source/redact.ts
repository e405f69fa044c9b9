/** What a program said on stderr, made fit for a log that others read. Pure, and rather too careful than too little. */

const MAX_CHARS = 200;

/** `user:password@`, the query of a URL, what is called a secret, and anything that is as long and mixed as a key. */
const SUSPICIOUS: [RegExp, string][] = [
  [/\/\/[^\s/@]*@/g, '//***@'],
  [/(https?:\/\/[^\s?'"]+)\?[^\s'"]*/gi, '$1?***'],
  [
    /((?:pass(?:word|phrase)?|secret|token|key|credential|authorization|bearer)\w*["']?\s*[=:]?\s*)\S+/gi,
    '$1***',
  ],
  [/[A-Za-z0-9+/_=-]{32,}/g, '***'],
];

export function withoutCredentials(line: string): string {
  const clean = SUSPICIOUS.reduce((text, [pattern, instead]) => text.replace(pattern, instead), line);
  return clean.length > MAX_CHARS ? `${clean.slice(0, MAX_CHARS)}…` : clean;
}
