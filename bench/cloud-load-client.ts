/**
 * A process of its own that reads at a fixed rate and prints its latencies as JSON: `cloud-load-client.ts FILE`, where
 * FILE holds the plan. Requests begin on time whether or not those before are answered, so a slow server cannot hide.
 */
import { readFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { z } from "zod";

const planSchema = z.object({
  perSecond: z.int(),
  seconds: z.int(),
  headers: z.record(z.string(), z.string()),
  /** Taken in turn. */
  requests: z.array(z.object({ url: z.string(), body: z.string() })).min(1),
});

const plan = planSchema.parse(JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")));
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

function read({ url, body }: { readonly url: string; readonly body: string }): Promise<boolean> {
  return new Promise((resolve) => {
    const sent = request(
      url,
      { method: "POST", agent, headers: { ...plan.headers, "content-type": "application/json" } },
      (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () => resolve(response.statusCode === 200 && text.includes('"success":true')));
      },
    );
    sent.on("error", () => resolve(false));
    sent.end(body);
  });
}

const latencies: number[] = [];
let failed = 0;
const begin = performance.now();
const total = plan.perSecond * plan.seconds;
const pending: Promise<void>[] = [];
for (let sent = 0; sent < total; sent += 1) {
  const due = begin + (sent * 1000) / plan.perSecond;
  const wait = due - performance.now();
  if (wait > 0) {
    await new Promise((resolve) => {
      setTimeout(resolve, wait);
    });
  }
  const next = plan.requests[sent % plan.requests.length];
  if (next === undefined) continue;
  const sentAt = performance.now();
  pending.push(
    read(next).then((ok) => {
      // From when it was due, not from when this process came to it; a timer may also be early.
      latencies.push(performance.now() - Math.min(due, sentAt));
      if (!ok) failed += 1;
    }),
  );
}
await Promise.all(pending);
agent.destroy();
process.stdout.write(JSON.stringify({ latencies, failed }));
