import { RefusalError } from "../../domain/refusal.ts";

/** Data that a run needs is missing or unreadable: carries the refusal that the result shows. */
export class DataFault extends RefusalError {
  override readonly name = "DataFault";
}
