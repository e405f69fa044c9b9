/** Several servers at once: where one of them fails, the others are waited for, because they have containers to remove. */
export async function together<T extends readonly unknown[]>(
  work: readonly [...{[K in keyof T]: T[K] | Promise<T[K]>}],
): Promise<T> {
  const settled = await Promise.allSettled(work);
  const failed = settled.find(({status}) => status === 'rejected');
  if (failed?.status === 'rejected') throw failed.reason;
  return settled.map(each => (each.status === 'fulfilled' ? each.value : undefined)) as unknown as T;
}
