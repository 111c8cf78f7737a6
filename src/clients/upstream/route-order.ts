import type { ReadRoute } from "../../domain/read-route.ts";

/** What is known of a server when it is chosen. */
export interface Candidate {
  readonly upstream: string;
  readonly isHealthy: boolean;
  readonly inFlight: number;
}

/**
 * In which order the servers of a route are asked: who is not healthy comes last, whatever the policy says. `turn` counts
 * the calls of the route.
 */
export function routeOrder(
  choose: ReadRoute["choose"],
  candidates: readonly Candidate[],
  turn: number,
): readonly Candidate[] {
  const from = turn % Math.max(1, candidates.length);
  // Who has as little to do as another one takes turns with it.
  const turned = choose === "first-healthy" ? candidates : [...candidates.slice(from), ...candidates.slice(0, from)];
  const load = ({ inFlight }: Candidate): number => (choose === "least-in-flight" ? inFlight : 0);
  return turned.toSorted((a, b) => Number(b.isHealthy) - Number(a.isHealthy) || load(a) - load(b));
}
