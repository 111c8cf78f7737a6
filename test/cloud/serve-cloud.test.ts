import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { serveCloud } from "../../src/cloud/serve-cloud.ts";

describe("serving the cloud", () => {
  it("takes a free port for 0, names it, and gives it back when closed", async () => {
    const app = new Hono().get("/api/v2/ping", (hono) => hono.text("pong"));
    const served = await serveCloud({ app, port: 0, host: "127.0.0.1" });
    expect(await (await fetch(`${served.url}/ping`)).text()).toBe("pong");
    await served.close();
    await expect(fetch(`${served.url}/ping`)).rejects.toThrow(/fetch failed/);
  });

  it("refuses a port that another program uses, and names it", async () => {
    await using first = await serveCloud({ app: new Hono(), port: 0, host: "127.0.0.1" });
    const port = Number(new URL(first.url).port);
    await expect(serveCloud({ app: new Hono(), port, host: "127.0.0.1" })).rejects.toMatchObject({
      refusal: { code: "PORT_UNAVAILABLE", message: `cannot listen on port ${port}: another program uses it` },
    });
  });
});
