import { RefusalError, type Refusal } from "../../../src/domain/refusal.ts";

/** Waits for work that must be refused and gives the refusal. */
export async function refusalOf(work: Promise<unknown> | (() => unknown)): Promise<Refusal> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (error instanceof RefusalError) return error.refusal;
    throw new Error("expected a refusal, another error came", { cause: error });
  }
  throw new Error("expected a refusal, none came");
}
