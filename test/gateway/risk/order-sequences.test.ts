import {
  array,
  assert,
  asyncProperty,
  boolean,
  constantFrom,
  double,
  integer,
  nat,
  oneof,
  record,
  scheduler,
  tuple,
  type Arbitrary,
} from "fast-check";
import { describe, expect, it } from "vitest";
import { openDatabase } from "../../../src/store/database.ts";
import { deskMigrations } from "../../../src/store/desk/migrations.ts";
import { createRiskStore } from "../../../src/store/desk/risk-store.ts";
import type { DeskTables } from "../../../src/store/desk/schema.ts";
import { testPlace } from "../../store/support/databases.ts";
import { memoryStore } from "./support.ts";
import { VenueModel, type OrderStep, type World } from "./venue-model.ts";

const worlds: Arbitrary<World> = record({
  prices: tuple(integer({ min: 1, max: 100 }), integer({ min: 1, max: 100 }), integer({ min: 1, max: 100 })),
  equity: integer({ min: 500, max: 20_000 }),
  maxOrder: integer({ min: 100, max: 5000 }),
  maxPosition: integer({ min: 100, max: 8000 }),
  maxGross: integer({ min: 100, max: 12_000 }),
  leverage: integer({ min: 1, max: 3 }),
});

const orders: Arbitrary<OrderStep> = record({
  symbol: nat(2),
  quantity: oneof(integer({ min: 1, max: 40 }), integer({ min: -40, max: -1 })),
  type: constantFrom("market", "limit", "stop-market", "stop-limit", "market-on-open", "market-on-close"),
  limitPercent: integer({ min: 60, max: 140 }),
  stopPercent: integer({ min: 60, max: 140 }),
  back: nat(3),
  commitFails: integer({ min: 0, max: 5 }).map((one) => one === 0),
});

type Step = (model: VenueModel) => Promise<void> | void;

const steps: Arbitrary<readonly [string, Step]> = oneof(
  {
    weight: 6,
    arbitrary: orders.map((one) => [`order ${JSON.stringify(one)}`, (model: VenueModel) => model.order(one)] as const),
  },
  {
    weight: 8,
    arbitrary: tuple(
      constantFrom("land", "fill", "cancel", "refuse", "hear", "lose", "observe", "look", "look", "pass", "restart"),
      nat(20),
      double({ min: 0.01, max: 1, noNaN: true }),
    ).map(([kind, index, part]) => [`${kind} ${index}`, stepOf(kind, index, part)] as const),
  },
);

function stepOf(kind: string, index: number, part: number): Step {
  return async (model) => {
    if (kind === "land") model.land(index);
    if (kind === "fill") model.fill(index, part);
    if (kind === "cancel") model.cancel(index);
    if (kind === "look") model.look();
    if (kind === "pass") model.pass(Math.round(part * 4_000_000));
    if (kind === "refuse") await model.refuse(index);
    if (kind === "hear") await model.hear(index);
    if (kind === "lose") await model.lose(index);
    if (kind === "observe") await model.observe(index % 3);
    if (kind === "restart") await model.restart();
  };
}

/** Runs steps one after the other and fails at the first after which a limit can be passed. */
async function play(model: VenueModel, script: readonly (readonly [string, Step])[]): Promise<void> {
  for (const [name, step] of script) {
    await step(model);
    const faults = model.faults();
    if (faults.length > 0) throw new Error(`after ${name}: ${faults.join(", ")}`);
  }
}

describe("no sequence of orders passes a limit", () => {
  it("one after the other, with fills, losses of sight and restarts in any order", { timeout: 240_000 }, async () => {
    let admitted = 0;
    const sequences = asyncProperty(worlds, array(steps, { minLength: 10, maxLength: 40 }), async (world, script) => {
      const model = await VenueModel.open(world, memoryStore());
      await play(model, script);
      admitted += model.admitted;
    });
    await assert(sequences, { numRuns: 7000 });
    expect(admitted).toBeGreaterThan(7000);
  });

  it(
    "from parallel callers on one account, whose commits end in any order and fail at random",
    { timeout: 240_000 },
    async () => {
      let admitted = 0;
      const callers = array(array(orders, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 6 });
      const raced = asyncProperty(worlds, callers, boolean(), scheduler(), async (world, scripts, fills, s) => {
        const model = await VenueModel.open(world, memoryStore());
        const between = (): Promise<void> => s.schedule(Promise.resolve());
        const all = scripts.map(async (script, caller) => {
          for (const one of script) {
            await model.order({ ...one, back: 0 }, between);
            if (fills) {
              model.land(caller);
              model.fill(caller, 0.7);
              await model.hear(caller);
            }
            if (caller === 0) model.look();
          }
        });
        await s.waitFor(Promise.all(all));
        expect(model.faults()).toEqual([]);
        admitted += model.admitted;
      });
      await assert(raced, { numRuns: 3500 });
      expect(admitted).toBeGreaterThan(3500);
    },
  );

  it("with the store on a disk", { timeout: 240_000 }, async () => {
    const onDisk = asyncProperty(worlds, array(steps, { minLength: 10, maxLength: 30 }), async (world, script) => {
      await using place = await testPlace("sqlite");
      const database = await openDatabase<DeskTables>(place.location, deskMigrations);
      try {
        await play(await VenueModel.open(world, createRiskStore(database)), script);
      } finally {
        await database.destroy();
      }
    });
    await assert(onDisk, { numRuns: 30 });
  });
});
