import { minutesOf, moneyText } from "../../domain/compute-use.ts";
import type { ComputeEstimate } from "./compute-estimate.ts";

/** An estimate as the audit log and people read it. */
export function estimateText({ milliseconds, money, basis }: ComputeEstimate): string {
  const price = money === null ? "a price that is not known" : moneyText(money);
  return `estimated at ${minutesOf(milliseconds)} node minutes and ${price}: ${basis}`;
}
