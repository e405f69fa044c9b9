/**
 * Which keys a host may show, by known_hosts files as OpenSSH writes them: names, patterns, hashed names, ports, revoked
 * keys. Pure. A key that is not there is not trusted, and nobody is asked. Format: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
 */
import {createHmac, timingSafeEqual} from 'node:crypto';

const SSH_PORT = 22;

export type KnownKey = {type: string; key: Buffer; revoked: boolean};

/** Certificates of hosts are not looked at. */
export function knownKeys(text: string, host: string, port: number): KnownKey[] {
  const name = port === SSH_PORT ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;
  return text.split(/\r?\n/).flatMap(line => {
    const [, marker, names, type, base64] =
      /^\s*(?:(@[a-z-]+)\s+)?([^\s#]\S*)\s+(\S+)\s+([A-Za-z0-9+/=]+)/.exec(line) ?? [];
    if (names === undefined || marker === '@cert-authority' || !matches(names, name)) return [];
    return [{type: type!, key: Buffer.from(base64!, 'base64'), revoked: marker === '@revoked'}];
  });
}

function matches(names: string, name: string): boolean {
  if (names.startsWith('|1|')) return isHashOf(names, name);
  const patterns = names.toLowerCase().split(',');
  if (patterns.some(pattern => pattern.startsWith('!') && like(pattern.slice(1), name))) return false;
  return patterns.some(pattern => like(pattern, name));
}

/** `|1|salt|hash`, both in base64. */
function isHashOf(hashed: string, name: string): boolean {
  const [, , salt = '', hash = ''] = hashed.split('|');
  const wanted = Buffer.from(hash, 'base64');
  const found = createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest();
  return wanted.length === found.length && timingSafeEqual(wanted, found);
}

/** `*` and `?` as a shell has them. */
function like(pattern: string, name: string): boolean {
  const literal = pattern.replaceAll(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(name);
}

export type HostVerdict = 'known' | 'unknown' | 'other' | 'revoked';

export function verdictOn(shown: Buffer, known: KnownKey[]): HostVerdict {
  const same = known.filter(({key}) => key.equals(shown));
  if (same.some(({revoked}) => revoked)) return 'revoked';
  if (same.length > 0) return 'known';
  return known.some(({revoked}) => !revoked) ? 'other' : 'unknown';
}

/** What to ask the host for: with a key of another type it would look like a stranger. Empty: whatever it has. */
export function hostKeyAlgorithms(known: KnownKey[]): string[] {
  const types = new Set(known.filter(({revoked}) => !revoked).map(({type}) => type));
  return [...types].flatMap(type =>
    type === 'ssh-rsa' ? ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'] : [type],
  );
}
