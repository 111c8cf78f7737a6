import { z } from "zod";
import { UNIVERSE_DEFAULTS, type UniverseDefault } from "./universe-defaults.ts";
import { afterOpenTime } from "../../lean/market/open-time.ts";
import { insightRecordSchema } from "../../lean/results/insight-record.ts";
import { flag, number, optional, text } from "./operation.ts";
import type { OperationContext, Operations } from "./operation.ts";

const targetsSchema = z.array(z.tuple([z.int(), z.number(), z.string()]));
/** What the facade knows of a new insight; the rest comes from its security. */
const draftSchema = insightRecordSchema
  .pick({
    id: true,
    groupId: true,
    sourceModel: true,
    type: true,
    direction: true,
    magnitude: true,
    confidence: true,
    weight: true,
    tag: true,
  })
  .extend({ index: z.int(), generated: z.number(), close: z.number(), span: z.number() });

const SECOND = 1_000_000;

/** What framework models ask of the engine. Times are UTC microseconds. */
export function frameworkOperations({ algorithm }: OperationContext): Operations {
  const { execution, securities, journal } = algorithm;
  const universe = (name: unknown): UniverseDefault | undefined => UNIVERSE_DEFAULTS[text(name)];
  return {
    "targets.holding": (symbol, fraction) => execution.holdingFor(number(symbol), number(fraction))?.toNumber(),
    "targets.execute": (targets, asynchronous) => {
      const list = targetsSchema.parse(JSON.parse(text(targets)));
      const wanted = list.map(([symbol, quantity, tag]) => ({ symbol, quantity, tag }));
      return JSON.stringify(execution.execute(wanted, flag(asynchronous)));
    },
    "insight.close_time": (symbol, generated, span) => {
      const { hours } = securities.get(number(symbol));
      return hours.zone.toUtc(afterOpenTime(hours, hours.zone.toLocal(number(generated)), number(span)));
    },
    "insight.open_at": (symbol, local) => {
      const { hours } = securities.get(number(symbol));
      const at = number(local);
      return hours.zone.toUtc(hours.isOpen(at) ? at : hours.nextOpen(at));
    },
    "insight.to_exchange": (symbol, utc) => securities.get(number(symbol)).hours.zone.toLocal(number(utc)),
    "insight.emit": (described) => {
      const { index, generated, close, span, ...draft } = draftSchema.parse(JSON.parse(text(described)));
      const security = securities.get(index);
      journal.addInsight({
        ...draft,
        generatedTime: generated / SECOND,
        closeTime: close / SECOND,
        period: span / SECOND,
        symbol: security.symbol.id,
        ticker: security.symbol.value,
        reference: security.price.toNumber(),
        referenceFinal: 0,
        scoreFinal: false,
        scoreDirection: 0,
        scoreMagnitude: 0,
        estimatedValue: 0,
      });
    },
    "insight.close": (id, close) => journal.closeInsight(text(id), number(close) / SECOND),
    "universe_settings.get": (name) => universe(name)?.get(securities.universeSettings),
    "universe_settings.set": (name, value) => {
      const wanted = optional(number, value);
      if (wanted !== undefined) universe(name)?.set(securities.universeSettings, wanted);
    },
  };
}
