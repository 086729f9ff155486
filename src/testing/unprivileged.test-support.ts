const NOBODY = 65_534;

/** Does the work with the rights of a user who owns nothing, also where the tests run as root. */
export async function asNobody<Result>(work: () => Promise<Result>): Promise<Result> {
  const { geteuid, seteuid } = process;
  if (geteuid?.() !== 0 || seteuid === undefined) return await work();
  seteuid(NOBODY);
  try {
    return await work();
  } finally {
    seteuid(0);
  }
}
