/** Colour for terminals and for the log of GitHub Actions, which shows ANSI colours though it is no terminal. */
import {styleText} from 'node:util';
import type {Paint, Style} from './report/text.ts';

const STYLES: Record<Style, Parameters<typeof styleText>[0]> = {
  good: ['green', 'bold'],
  bad: ['red', 'bold'],
  warn: ['yellow', 'bold'],
  dim: 'dim',
  strong: 'bold',
};

/** Colour where the stream takes it; without a stream, always. NO_COLOR and FORCE_COLOR are obeyed by the former. */
export const paintOn =
  (stream?: NodeJS.WriteStream): Paint =>
  (style, text) =>
    styleText(STYLES[style], text, stream ? {stream} : {validateStream: false});
