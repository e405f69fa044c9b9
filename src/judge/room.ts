/** Whether there was memory to spare: a warning before the night on which there is not. Pure. */
import type {Inspection} from '../inspect/inspection.ts';
import {type Finding, fail} from './finding.ts';

type Room = {
  /** What the server might take. */
  memoryBytes?: number | undefined;
  inspection?: Inspection;
};

/** The producer's figure has its clients and buffers in it, so the restore may well have taken less. */
export function judgeRoom({memoryBytes, inspection}: Room): Finding[] {
  const used = inspection?.usedMemoryBytes ?? 0;
  if (memoryBytes === undefined || used <= memoryBytes) return [];
  return [
    fail('restore/memory-tight', 'the producer used more memory than the throwaway server may take', {
      expected: `at least ${used}`,
      actual: memoryBytes,
      severity: 'warning',
      origin: 'restore',
      hint: 'A larger backup may not restore here: raise --set server.memory=SIZE, or take a larger machine.',
    }),
  ];
}
