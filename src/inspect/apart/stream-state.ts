/**
 * What a stream is besides its entries: last id, consumer groups, who has what pending. It stands behind the nodes
 * (drawn in skip-stream.ts) and is read piece by piece; nothing is kept but what the next piece belongs to. Times at
 * which consumers were last seen, and counters that servers only estimate, are left out: they are no data.
 *
 * The digest `consumer-groups-1` has no order. Each of these is a chain, D = SHA1(D ^ SHA1(text)) for one text after the
 * other, starting from zeros; all chains of a database are XORed, and databases are joined as DEBUG DIGEST joins them:
 *
 *     stream   key  last-id  entries-added          an id is "ms-seq", a number its decimal digits
 *     group    key  group  last-id
 *     pending  key  group  id:16 delivered-at:8  deliveries      the first two as the file has them, together
 *     consumer key  group  consumer
 *     owned    key  group  consumer  id:16          one for each pending entry that a consumer has
 *
 * The word at the left is the first text. Servers before 7.0 do not count the entries that were added: the length
 * stands in for it, as it does when a later server loads such a stream.
 */
import {GROUP, KEY_NAME, OWNED, PENDING, STREAM, STREAM_CONSUMER} from '../digest/tape.ts';
import {ID_BYTES, type StreamLayout, skipIdempotence, TIME_BYTES} from '../skip-stream.ts';
import type {ValueReader} from '../values/value-reader.ts';

/** Texts that are held while what belongs to them is read: after the name of the key. */
const GROUP_NAME = KEY_NAME + 1;
const CONSUMER_NAME = KEY_NAME + 2;

export type StreamCounts = {streams: number; groups: number; consumers: number; pending: number};

export const noStreams = (): StreamCounts => ({streams: 0, groups: 0, consumers: 0, pending: 0});

/** The name of the key must be held. */
export function readStreamState(values: ValueReader, layout: StreamLayout): void {
  const {dump, digester, streams} = values;
  const {tape} = digester;
  digester.makeRoom();
  const length = dump.length();
  const lastId = readId(values);
  let added = length;
  if (layout >= 2) {
    readId(values);
    readId(values);
    added = dump.length();
  }
  const texts = [tape.held(KEY_NAME), tape.ascii(lastId), tape.integer(added)];
  digester.aside('consumer-groups', STREAM, ...texts);
  streams.streams++;
  for (let left = dump.count(); left > 0; left--) readGroup(values, layout);
  if (layout >= 4) skipIdempotence(dump);
}

function readGroup(values: ValueReader, layout: StreamLayout): void {
  const {dump, digester, streams} = values;
  const {tape} = digester;
  tape.release(GROUP_NAME);
  tape.hold(values.text());
  const lastId = tape.ascii(readId(values));
  digester.aside('consumer-groups', GROUP, tape.held(KEY_NAME), tape.held(GROUP_NAME), lastId);
  if (layout >= 2) dump.length();
  streams.groups++;
  for (let left = dump.count(); left > 0; left--) {
    const delivery = tape.text(dump.locate(ID_BYTES + TIME_BYTES), ID_BYTES + TIME_BYTES);
    const deliveries = tape.integer(dump.length());
    digester.aside(
      'consumer-groups',
      PENDING,
      tape.held(KEY_NAME),
      tape.held(GROUP_NAME),
      delivery,
      deliveries,
    );
    streams.pending++;
  }
  for (let left = dump.count(); left > 0; left--) readConsumer(values, layout);
  if (layout >= 5) dump.skip(dump.count() * ID_BYTES);
}

function readConsumer(values: ValueReader, layout: StreamLayout): void {
  const {dump, digester, streams} = values;
  const {tape} = digester;
  tape.release(CONSUMER_NAME);
  tape.hold(values.text());
  const names = () => [tape.held(KEY_NAME), tape.held(GROUP_NAME), tape.held(CONSUMER_NAME)];
  digester.aside('consumer-groups', STREAM_CONSUMER, ...names());
  dump.skip(layout >= 3 ? 2 * TIME_BYTES : TIME_BYTES);
  streams.consumers++;
  for (let left = dump.count(); left > 0; left--) {
    const id = tape.text(dump.locate(ID_BYTES), ID_BYTES);
    digester.aside('consumer-groups', OWNED, ...names(), id);
  }
}

const readId = ({dump}: ValueReader): string => `${dump.exactLength()}-${dump.exactLength()}`;
