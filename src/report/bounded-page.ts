/**
 * Sections of a page under a limit of bytes. In: sections in the order in which they are read, each with its rank. Out:
 * the page; where it would be too long, rows are left out from the end of what matters least, and it says how many.
 */
import {count, number} from './wording.ts';

export type Section = {
  /** What has the lower rank gets its room first. */
  rank: number;
  /** Around the rows; both left out where no row is left. */
  open: string;
  close: string;
  rows: number;
  /** One row, of whole lines. Asked for only as long as there is room: there may be a great many. */
  row(index: number): string;
  /** What a row is about: `failed check`. */
  what: string;
};

type Page = {
  head: string;
  /** Instead of a head that is too long by itself. */
  short: string;
  sections: Section[];
};

const SEPARATOR = '\n';
const ALL_LEFT_OUT = 'Everything else is left out for want of room: the report (JSON) has it.\n';

export function boundedPage({head, short, sections}: Page, maxBytes: number): string {
  const filled = sections.filter(({rows}) => rows > 0);
  // Each may have to say that it was cut; the room for that is kept for it.
  const kept = filled.reduce((total, section) => total + bytes(SEPARATOR) + notice(section), 0);
  let room = maxBytes - bytes(head) - kept;
  if (room < 0) {
    const candidates = [`${head}${SEPARATOR}${ALL_LEFT_OUT}`, head, short];
    return candidates.find(text => bytes(text) <= maxBytes) ?? '';
  }
  const texts = new Map<Section, string>();
  for (const section of filled.toSorted((a, b) => a.rank - b.rank)) {
    const text = fill(section, room + notice(section));
    room += notice(section) - bytes(text);
    texts.set(section, text);
  }
  return [head, ...filled.map(section => texts.get(section)!)].join(SEPARATOR);
}

function fill(section: Section, room: number): string {
  const {open, close, rows, row} = section;
  const noticeBytes = notice(section);
  let used = bytes(open) + bytes(close);
  const shown: string[] = [];
  /** How many rows there may be when it must also be said that there are more. */
  let besideNotice = 0;
  while (shown.length < rows) {
    const text = row(shown.length);
    used += bytes(text);
    if (used > room) break;
    shown.push(text);
    if (used + noticeBytes <= room) besideNotice = shown.length;
  }
  if (used <= room) return `${open}${shown.join('')}${close}`;
  if (besideNotice === 0) return leftOut(section, rows);
  return `${open}${shown.slice(0, besideNotice).join('')}\n${leftOut(section, rows - besideNotice)}${close}`;
}

function leftOut({rows, what}: Section, left: number): string {
  const are = rows === 1 ? 'is' : 'are';
  return `**${number(left)} of ${count(rows, what)} ${are} left out here** for want of room: the report (JSON) has them all.\n`;
}

/** At most, with the empty line before it. */
const notice = (section: Section): number => bytes(`\n${leftOut(section, section.rows)}`);

const bytes = (text: string): number => Buffer.byteLength(text);
