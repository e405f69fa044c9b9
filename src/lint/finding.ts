/** One thing that lint says, with its place, its reason and what to do. Each rule has a heading in docs/lint.md. */
import type {Effective} from './effective.ts';
import type {Losses, WriteRate} from './loss.ts';
import type {Configuration, Place} from './setting.ts';

export type LintSeverity = 'error' | 'warning' | 'note';

export type Issue = {
  rule: string;
  severity: LintSeverity;
  place: Place;
  message: string;
  /** In words; empty where nothing is to be done. */
  fix: string;
  /** What of several it is about, so that the same of the base is found again. */
  subject: string;
  /** More is worse. */
  measure: number;
  /** Nothing was written that it could stand beside. */
  byDefault: boolean;
};

export type LintFinding = Omit<Issue, 'measure' | 'subject' | 'byDefault'> & {
  /** Against the base; `null` where there is none, or where nothing was to be compared. */
  direction: 'worse' | 'better' | 'same' | null;
  /** Why it was silenced in place. */
  suppressed?: string;
};

/** A configuration, read through. */
export type Reading = {
  configuration: Configuration;
  effective: Effective;
  losses: Losses;
  /** How sure the version is of which it was read. */
  version: 'exact' | 'between' | 'unknown';
};

export type LintOptions = {
  /** Seconds. */
  maxLoss: number | null;
  writeRate: WriteRate;
};
