/** What a dump says of itself, judged: damage that our reader found, the checksum at its end, a version that it was never tried on. Pure. */
import type {Damage, Inspection} from '../inspect/inspection.ts';
import {type Finding, fail, pass, skipped} from './finding.ts';

export function judgeFile(inspection: Inspection): Finding[] {
  const {error} = inspection;
  const findings: Finding[] = [];
  if (error) {
    // Damage that only a better reader could be sure of is for the server to decide.
    const severity = error.certain ? 'error' : 'warning';
    findings.push(
      fail(error.rule, error.message, {hint: DAMAGE_HINTS[error.rule], origin: 'inspect', severity}),
    );
  }
  return [...findings, ...judgeIntegrity(inspection)];
}

export function judgeIntegrity({checksum, unverified, rdbVersion, magic}: Inspection): Finding[] {
  const origin = 'inspect';
  const findings: Finding[] = [];
  if (checksum === 'valid') findings.push(pass('backup/checksum', 'the CRC64 at the end matches', {origin}));
  if (checksum === 'absent') {
    findings.push(
      fail('backup/checksum-absent', 'integrity unproven: the dump carries no checksum', {
        severity: 'warning',
        hint: 'Set `rdbchecksum yes` on the producer; dumps before RDB version 5 have none.',
        origin,
      }),
    );
  }
  // What has no header has no version.
  if (unverified && magic !== null) {
    const message = `${magic} RDB version ${rdbVersion}: our reader was never tried on such a file of a real server`;
    findings.push(skipped('backup/version-unverified', message, {severity: 'warning', origin}));
  }
  return findings;
}

const DAMAGED =
  'The backup was damaged or cut on its way. Compare its size and hash with the producer’s, and drill the one before it.';

export const DAMAGE_HINTS: Record<Damage['rule'], string> = {
  'backup/empty-file': 'The backup job wrote nothing: look at its disk space, permissions and exit code.',
  'backup/not-rdb':
    'Something else was saved under the backup’s name: look at what the backup job downloads or pipes.',
  'backup/truncated':
    'The upload or copy was probably cut short. Compare its size with the producer’s, and drill the one before it.',
  'backup/corrupt': DAMAGED,
  'backup/unreadable-type':
    'A product or version that this reader does not know wrote the file; the server’s word decides.',
  'backup/checksum-mismatch': DAMAGED,
  'backup/trailing-bytes':
    'Servers ignore what follows the end, but something wrote it: `redis-cli --rdb` over a longer file, two files joined, or damage in the version digits.',
};
