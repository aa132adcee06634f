/** A call to an object that must not hold its caller for longer than `ms`. */
export async function inTime<T>(
  call: T | PromiseLike<T>,
  ms: number,
  problem = `no answer within ${ms} ms`,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | null = null
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(problem)), ms)
  })
  try {
    return await Promise.race([call, late])
  } finally {
    if (timer !== null) clearTimeout(timer)
  }
}
