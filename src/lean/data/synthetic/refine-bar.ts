import type { SeededRandom } from "../../../domain/seeded-random.ts";
import type { UnitBar } from "./price-units.ts";

/** Share of the parent's range that a step of the path may take, before the root of the number of steps. */
const ROUGHNESS = 0.6;

/**
 * Splits a bar into `count` shorter ones that together are that bar again: the first opens where it opens, the last
 * closes where it closes, each opens where the one before closed, their extremes are its extremes and their volumes
 * add up to its volume. The path between is a random bridge.
 */
export function refineBar(parent: UnitBar, count: number, random: SeededRandom): UnitBar[] {
  if (count <= 1) return [parent];
  const path = bridge(parent, count, random);
  const children = path.slice(1).map((close, at): { -readonly [Key in keyof UnitBar]: UnitBar[Key] } => {
    const open = path[at] ?? close;
    return { open, high: Math.max(open, close), low: Math.min(open, close), close, volume: 0 };
  });
  let [highest, lowest] = [0, 0];
  for (const [at, child] of children.entries()) {
    if (child.high > (children[highest]?.high ?? 0)) highest = at;
    if (child.low < (children[lowest]?.low ?? 0)) lowest = at;
  }
  const [top, bottom] = [children[highest], children[lowest]];
  if (top !== undefined) top.high = parent.high;
  if (bottom !== undefined) bottom.low = parent.low;
  shareVolume(parent.volume, children, random);
  return children;
}

/** Prices at the ends of the children, inside the parent's range. */
function bridge(parent: UnitBar, count: number, random: SeededRandom): number[] {
  const step = ((parent.high - parent.low) * ROUGHNESS) / Math.sqrt(count);
  const walk = [0];
  for (let at = 1; at <= count; at += 1) walk.push((walk[at - 1] ?? 0) + step * random.normal());
  const drift = walk[count] ?? 0;
  return walk.map((value, at) => {
    if (at === 0) return parent.open;
    if (at === count) return parent.close;
    const line = parent.open + ((parent.close - parent.open) * at) / count;
    const price = Math.round(line + value - (drift * at) / count);
    return reflected(price, parent);
  });
}

/** Turned back at the bounds of the parent, so that the path does not stick to them. */
function reflected(price: number, { high, low }: UnitBar): number {
  const back = price > high ? 2 * high - price : price < low ? 2 * low - price : price;
  return Math.min(high, Math.max(low, back));
}

function shareVolume(volume: number, children: { volume: number }[], random: SeededRandom): void {
  const weights = children.map(() => 0.5 + random.uniform());
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  let left = volume;
  for (const [at, child] of children.entries()) {
    const share = at === children.length - 1 ? left : Math.min(left, Math.round((volume * (weights[at] ?? 0)) / total));
    child.volume = share;
    left -= share;
  }
}
