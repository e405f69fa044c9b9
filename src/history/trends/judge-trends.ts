/**
 * From earlier drills and this one to findings: what falls, rises, vanishes or stands still although no single night did.
 * Pure. What is too short to tell anything is skipped and said; nothing that was not compared is called steady.
 */
import {type Finding, fail, pass, skipped} from '../../judge/finding.ts';
import type {HistoryRecord} from '../record.ts';
import type {History} from '../store.ts';
import {type Night, nightsBefore, sinceMs} from './nights.ts';
import {lastOff, offBy, type Series, usual} from './statistic.ts';
import {stillness} from './stillness.ts';
import {type Measured, WATCHES, type Watch} from './subjects.ts';
import {type Setting, settingOf, type TrendPolicy} from './trend-policy.ts';
import {movedMessage, stillMessage, vanishedMessage} from './trend-words.ts';

/** Of the spread: nights that stray no further are like others. Both keep a year of nights below one false alarm. */
const JUMP_SPREADS = 5;
export const DRIFT_SPREADS = 2.5;
/** Nights in which it was there every time, without which nothing is missed. */
const MIN_PRESENT = 7;

export type Moved = {
  watch: Watch;
  label: string;
  now: number;
  expected: number;
  nights: number;
};

export function judgeTrends(now: HistoryRecord, earlier: History, policy: TrendPolicy): Finding[] {
  const told = judgeUnreadable(earlier);
  if (now.dataset === null) return told;
  const nights = nightsBefore(now, earlier.records, sinceMs(policy));
  const known = nights.filter(({sound}) => sound).length;
  const {compared, findings} = judgeSeries(nights, policy);
  const still = judgeStillness([now, ...earlier.records], policy);
  const failed = [...told, ...findings, ...still];
  if (compared === 0) {
    const message = `${known} earlier nights are too few to tell a trend by; a week is the least`;
    return [...failed, skipped('trend/steady', message, {severity: 'note', origin: 'history'})];
  }
  if (findings.length > 0 || still.length > 0) return failed;
  const message = `no trend in ${compared} series over ${known} earlier nights`;
  return [...failed, pass('trend/steady', message, {origin: 'history'})];
}

function judgeUnreadable({unreadable}: History): Finding[] {
  const [first, ...more] = unreadable;
  if (!first) return [];
  const others = more.length > 0 ? `, and ${more.length} more` : '';
  const message = `records of earlier drills cannot be read: ${first.name}: ${first.because}${others}`;
  const hint =
    'What they said is not known to trends, baselines and the gate. Look at them, and remove them by hand.';
  return [fail('trend/unreadable-records', message, {severity: 'warning', origin: 'history', hint})];
}

function judgeSeries(nights: Night[], policy: TrendPolicy): {compared: number; findings: Finding[]} {
  let compared = 0;
  const findings: Finding[] = [];
  const vanished = new Set<string>();
  for (const watch of WATCHES) {
    const setting = settingOf(policy, watch.subject);
    if (setting.level === 'off') continue;
    const its = watch.ofServer ? nights.filter(({record}) => sameServer(record, nights[0]!.record)) : nights;
    const measured = its.map(night => ({...night, values: watch.measure(night.record)}));
    const labels = new Set(measured.flatMap(({values}) => [...values.keys()]));
    for (const label of labels) {
      const series = seriesOf(measured, label, watch);
      if (!series) continue;
      if (watch.rule === 'trend/keys-falling' && hasVanished(series)) {
        vanished.add(label);
        findings.push(finding('trend/vanished', vanishedMessage(label, series.present), setting));
        continue;
      }
      const moved = movement(series, watch, setting);
      compared += moved === null ? 0 : 1;
      if (moved === null || moved === 'steady') continue;
      // What is gone has neither size nor types, and is told.
      if (!vanished.has(label.replace(/^.* in /, '')))
        findings.push(finding(watch.rule, movedMessage({watch, label, ...moved}), setting));
    }
  }
  return {compared, findings};
}

const sameServer = (a: HistoryRecord, b: HistoryRecord): boolean =>
  a.server?.line === b.server?.line && a.server?.kind === b.server?.kind;

type Counted = Series & {now: number; of: number; present: number[]};

type MeasuredNight = Night & {values: Map<string, Measured>};

/** `null` where this drill has no such number. What a whole dataset does not have is 0 of it, except of groups: they come and go with the config. */
function seriesOf(nights: MeasuredNight[], label: string, watch: Watch): Counted | null {
  const absentIsZero = watch.subject === 'types' || /^(db \d+|type \w+)$/.test(label);
  const at = ({values}: MeasuredNight): Measured | undefined =>
    values.get(label) ?? (absentIsZero ? {value: 0, of: 0} : undefined);
  const now = at(nights[0]!);
  if (now === undefined) return null;
  const onScale = (value: number) => (watch.scale === 'share' ? value : Math.log(value));
  const points = nights.flatMap(night => {
    const its = at(night);
    // Of nothing there is no logarithm; what came to nothing has vanished, and what came from nothing is new.
    return its === undefined || (watch.scale === 'ratio' && its.value === 0)
      ? []
      : [{...night, value: onScale(its.value)}];
  });
  const sound = nights.filter(night => night.sound);
  return {
    measured: new Map(points.map(({ago, value}) => [ago, value])),
    sound: new Map(points.filter(point => point.sound).map(({ago, value}) => [ago, value])),
    now: now.value,
    of: Math.max(now.of, ...sound.slice(0, 3).map(night => at(night)?.of ?? 0)),
    present: sound.map(night => at(night)?.value ?? 0),
  };
}

/** It was there in every night that is known, and is not any more. */
const hasVanished = ({now, present}: Counted): boolean =>
  now === 0 && present.length >= MIN_PRESENT && present.slice(0, 14).every(value => value > 0);

/** `null`: it cannot be told. */
function movement(
  series: Counted,
  watch: Watch,
  setting: Setting,
): Pick<Moved, 'now' | 'expected' | 'nights'> | 'steady' | null {
  const {way, scale, nights, grows, weekdays} = watch;
  const known = usual(series);
  const growth = grows && known ? Math.max(0, known.growth) : 0;
  const weeks = known && {growth, weekdays};
  const off = offBy(series, 0, weeks);
  if (off === null) return null;
  const worse = (by: number) => (way === 'down' ? -by : by);
  const jump = setting.jump ?? watch.jump;
  const drift = least(setting.drift ?? watch.drift, way, scale);
  const beyond = (by: number, floor: number, spreads: number) =>
    worse(by) >= Math.max(floor, spreads * (known?.spread ?? 0), chanceOf(series.of));
  // What only stopped growing has lost nothing.
  const level = offBy(series, 0, weeks && {growth: 0, weekdays})!;
  if (way === 'down' && worse(level.by) < drift / 3) return 'steady';
  const moved = (over: number) => ({
    now: series.now,
    expected: scale === 'share' ? off.expected : Math.exp(off.expected),
    nights: over,
  });
  if (jump !== null && beyond(off.by, least(jump, way, scale), JUMP_SPREADS)) return moved(1);
  const last = lastOff(series, nights, weeks);
  // Whatever it was before: a night that is as usual again is no trend.
  const still = worse(off.by) >= drift / 2;
  return last !== null && still && beyond(last, drift, DRIFT_SPREADS) ? moved(nights) : 'steady';
}

/** Few things make large parts of a whole. */
export const chanceOf = (count: number): number => 3 / Math.sqrt(Math.max(1, count));

/** On the scale of the series: a drop of 5 % is further in logarithms than a rise of 5 %. */
export const least = (floor: number, way: Watch['way'], scale: Watch['scale']): number =>
  scale === 'share' ? floor : way === 'down' ? -Math.log(Math.max(1e-9, 1 - floor)) : Math.log(1 + floor);

function judgeStillness(records: HistoryRecord[], policy: TrendPolicy): Finding[] {
  const setting = settingOf(policy, 'stale');
  if (setting.level === 'off') return [];
  const same = stillness(records, ({artifact}) => artifact?.sha256);
  if (same) {
    // Only what carries its own time is another file whenever it is written anew.
    const level = records[0]!.artifact?.takenAt ? setting.level : 'warn';
    return [finding('trend/same-backup', stillMessage('backup', same), {...setting, level})];
  }
  const data = stillness(records, ({dataset}) => dataset?.digest?.hex);
  if (!data) return [];
  // Nothing may have been written: unlikely, by what was usual, but nobody can know.
  return [finding('trend/same-data', stillMessage('data', data), {...setting, level: 'warn'})];
}

type Words = {message: string; hint: string; expected: string | number; actual: string | number};

function finding(rule: string, words: Words, {level, origin}: Setting): Finding {
  const {message, ...rest} = words;
  return fail(rule, message, {...rest, origin, severity: level === 'fail' ? 'error' : 'warning'});
}
