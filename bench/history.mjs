/**
 * How good the trends are, on simulated years of nightly drills: how often they cry wolf in years in which nothing goes
 * wrong, and in how many nights they find what does. `node bench/history.mjs [YEARS]`; needs no server.
 *
 * A regression is visible from the first night on in which what it does to a series, noise left out, is as much as its rule
 * says that it finds (docs/history.md): the drift, or where nights stray further than that, 2.5 times their spread. What
 * stands still is visible when there ought to have been something new. Found: a finding of its rule in that night or one of
 * the two after it. A false alarm: a night with any finding, after one without, in a year in which nothing goes wrong.
 */
import {chanceOf, DRIFT_SPREADS, judgeTrends, least} from '../src/history/trends/judge-trends.ts';
import {usual} from '../src/history/trends/statistic.ts';
import {WATCHES} from '../src/history/trends/subjects.ts';
import {NO_TREND_POLICY} from '../src/history/trends/trend-policy.ts';
import {REGRESSIONS} from './regressions.mjs';
import {randomOf, simulate} from './simulated-history.mjs';

const YEAR = 365;
const NIGHTS_TO_FIND = 3;
/** Of the years of a kind, in which it has to be found in time. */
const MOST = 0.9;
/** What a history keeps one by one. */
const KEPT = 120;
/** Before anything goes wrong. */
const HISTORY = 60;
/** Longer than any creeping takes. */
const AFTER = 25;

/** Rules that fail a check in each night; each drill is recorded with its outcome, as it would be. */
export function drillAll(drilled) {
  const kept = [];
  return drilled.map(({night, record}) => {
    const findings = judgeTrends(record, {records: kept.slice(0, KEPT), unreadable: []}, NO_TREND_POLICY);
    const failing = findings.filter(({status}) => status === 'fail');
    const failed = failing.filter(({severity}) => severity === 'error').map(({rule}) => rule);
    kept.unshift({...record, failed, outcome: failed.length > 0 ? 'failed' : 'passed'});
    return {night, rules: failing.map(({rule}) => rule)};
  });
}

/** The rules of each alarm of a year without any reason. */
export function falseAlarms(seed, nights = YEAR) {
  const told = drillAll(simulate({seed, nights}));
  const begins = ({rules}, index) => rules.length > 0 && (told[index - 1]?.rules ?? []).length === 0;
  return told.filter(begins).map(({rules}) => [...new Set(rules)]);
}

/** The night of a regression, 1 its first, from which on it is visible. */
export function visibleFrom(regression, seed, from) {
  const {rules} = REGRESSIONS[regression];
  const noisy = simulate({seed, nights: from});
  const quiet = simulate({seed, nights: from + AFTER, quiet: true});
  const worse = simulate({seed, nights: from + AFTER, quiet: true, regression, from});
  const watches = WATCHES.filter(({rule}) => rules.includes(rule));
  for (let n = 1; n <= AFTER; n += 1) {
    const [before, after] = [quiet, worse].map(
      nights => nights.find(({night}) => night === from + n - 1).record,
    );
    if (watches.some(watch => isVisible(watch, {before, after, noisy, from}))) return n;
  }
  // It vanished or stands still.
  return 1;
}

function isVisible(watch, {before, after, noisy, from}) {
  const onScale = value => (watch.scale === 'share' ? value : Math.log(value));
  const was = watch.measure(before);
  for (const [label, {value}] of watch.measure(after)) {
    const {value: usually = 0, of = 0} = was.get(label) ?? {};
    const effect = (onScale(value) - onScale(usually)) * (watch.way === 'down' ? -1 : 1);
    const sound = noisy.flatMap(({night, record}) => {
      const its = watch.measure(record).get(label);
      return its ? [[from - night, onScale(its.value)]] : [];
    });
    const spread = usual({sound: new Map(sound.toReversed())})?.spread ?? 0;
    const floor = Math.max(least(watch.drift, watch.way, watch.scale), DRIFT_SPREADS * spread, chanceOf(of));
    if (effect >= floor) return true;
  }
  return false;
}

/** Of one year: the night in which it is visible, and how many nights later it is found, 1 the same; `null` where it is not. */
export function find(regression, seed) {
  // On any day of the week.
  const from = HISTORY + Math.floor(randomOf(seed + 1).next() * 7);
  const visible = visibleFrom(regression, seed, from);
  const told = drillAll(simulate({seed, nights: from + AFTER, regression, from}));
  const {rules: wanted} = REGRESSIONS[regression];
  const found = told.find(({night, rules}) => night >= from && rules.some(rule => wanted.includes(rule)));
  return {visible, nights: found ? Math.max(1, found.night - from - visible + 2) : null};
}

const middle = values => values.toSorted((a, b) => a - b)[values.length >> 1];

function main(years) {
  const seeds = Array.from({length: years}, (_, seed) => seed + 1);
  const alarms = seeds.flatMap(seed => falseAlarms(seed));
  const each = (alarms.length / (4 * years)).toFixed(2);
  console.log(`${years} years in which nothing goes wrong: ${alarms.length} false alarms, ${each} a quarter`);
  const byRule = Object.groupBy(alarms.flat(), rule => rule);
  for (const [rule, its] of Object.entries(byRule)) console.log(`  ${rule}: ${its.length}`);
  console.log(
    `\n${'what goes wrong after two months'.padEnd(54)} visible in night  found in time  nights, median`,
  );
  const names = Object.keys(REGRESSIONS);
  const good = names.filter(name => {
    const its = seeds.map(seed => find(name, seed));
    const inTime = its.filter(({nights}) => nights !== null && nights <= NIGHTS_TO_FIND).length;
    const cells = [
      name.padEnd(54),
      String(middle(its.map(({visible}) => visible))).padStart(16),
      `${inTime} of ${years}`.padStart(14),
      String(middle(its.map(({nights}) => nights ?? 99))).padStart(15),
    ];
    console.log(cells.join(' '));
    return inTime >= MOST * years;
  });
  console.log(
    `\n${good.length} of ${names.length} kinds are found within ${NIGHTS_TO_FIND} nights of becoming visible, in at least ${100 * MOST} % of the years`,
  );
}

if (import.meta.main) main(Number(process.argv[2] ?? 10));
