/** `restore-drill record`, in this process. */
import {recordCommand} from '../src/recording.ts';
import {plain} from '../src/report/text.ts';
import {testDeps} from './drills.ts';

export async function record(
  backup: string,
  expect: string,
  {image, set = []}: {image?: string; set?: string[]} = {},
): Promise<void> {
  const printed: string[] = [];
  const print = (text: string): void => void printed.push(text);
  const io = {deps: testDeps, paint: plain, out: print, log: print};
  const exitCode = await recordCommand(
    {backup, expect, set, ...(image === undefined ? {server: 'process'} : {image})},
    io,
  );
  if (exitCode !== 0) throw new Error(`nothing was recorded:\n${printed.join('')}`);
}
