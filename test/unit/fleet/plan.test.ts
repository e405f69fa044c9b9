import {describe, expect, test} from '@jest/globals';
import {backupsOf, planOf, planSchema, type Weighed} from '../../../src/fleet/plan.ts';

const MB = 1024 ** 2;
const id = '0123456789abcdef0123456789abcdef';
const fleet = (...sizesMb: (number | null)[]): Weighed[] =>
  sizesMb.map((size, index) => ({name: `b${index}`, sizeBytes: size === null ? null : size * MB}));
const jobs = (backups: Weighed[], count: number) =>
  planOf(backups, {jobs: count, id}).include.map(({backups}) => backups);

describe('a plan', () => {
  test('has every backup once, whatever the number of jobs', () => {
    const backups = fleet(...Array.from({length: 100}, (_, index) => (index * 37) % 101));
    for (const count of [1, 3, 10, 100, 256]) {
      const plan = planOf(backups, {jobs: count, id});
      expect(plan.include).toHaveLength(Math.min(count, 100));
      expect(backupsOf(plan).toSorted()).toEqual(backups.map(({name}) => name).toSorted());
    }
  });

  test('gives the largest a job of its own, and shares out the rest', () => {
    expect(jobs(fleet(5000, 1000, 1200, 900, 1100), 3)).toEqual(['b0', 'b2,b3', 'b4,b1']);
  });

  test('never has a job that is more than a third and the largest backup longer than its share', () => {
    const backups = fleet(...Array.from({length: 60}, (_, index) => 100 + ((index * 7919) % 4000)));
    const loads = planOf(backups, {jobs: 7, id}).include.map(({sizeBytes}) => sizeBytes!);
    const share = loads.reduce((sum, load) => sum + load, 0) / 7;
    expect(Math.max(...loads)).toBeLessThan(share * (4 / 3));
  });

  test('counts a drill of nothing as work: many small ones are spread too', () => {
    expect(jobs(fleet(0, 0, 0, 0), 2)).toEqual(['b0,b2', 'b1,b3']);
  });

  test('takes one of unknown size for a usual one, and says that it is not known', () => {
    expect(jobs(fleet(1000, null, 1000), 3)).toEqual(['b0', 'b1', 'b2']);
    const [first, second] = planOf(fleet(null, 3), {jobs: 2, id}).include;
    expect([first!.sizeBytes, second!.sizeBytes]).toEqual([null, 3 * MB]);
  });

  test('is nothing but `include`, which is what a matrix takes', () => {
    const plan = planOf(fleet(1, 2), {jobs: 1, id});
    expect(JSON.parse(JSON.stringify(plan))).toEqual({
      include: [{name: 'b1 and 1 more', shard: 1, plan: id, backups: 'b1,b0', sizeBytes: 3 * MB}],
    });
  });

  test('cannot be put together from two', () => {
    const [one] = planOf(fleet(1), {jobs: 1, id}).include;
    const other = {...one!, plan: id.replace('0', 'f')};
    expect(planSchema.safeParse({include: [one, other]}).success).toBe(false);
  });
});
