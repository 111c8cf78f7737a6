import { z } from "zod";
import type { ScheduledEvent } from "../../lean/schedule/schedule.ts";
import { number, text } from "./operation.ts";
import type { OperationContext, Operations } from "./operation.ts";
import { eventTimes } from "./schedule-rules.ts";

const ruleSchema = z.array(z.union([z.string(), z.number(), z.boolean(), z.null()]));

function rule(value: unknown): z.infer<typeof ruleSchema> {
  return ruleSchema.parse(JSON.parse(text(value)));
}

/** Scheduled events, by the number that making one gives. */
export function scheduleOperations(context: OperationContext): Operations {
  const { algorithm } = context;
  const events: ScheduledEvent[] = [];
  return {
    "schedule.on": (name, dates, times, callback) => {
      const id = number(callback);
      const due = eventTimes(algorithm, rule(dates), rule(times));
      return events.push(algorithm.schedule.on(text(name), due, () => void context.callBack(id))) - 1;
    },
    "schedule.remove": (place) => events[number(place)]?.remove(),
  };
}
