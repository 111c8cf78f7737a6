import { describe, expect, it } from "vitest";
import { encodeFrame, FrameReader } from "../../src/domain/length-prefixed-frame.ts";

describe("length-prefixed frames", () => {
  it("come out whole however the stream is cut", () => {
    const stream = Buffer.concat([{ a: 1 }, "zwölf", [null]].map((value) => encodeFrame(value)));
    for (const size of [1, 3, 5, stream.length]) {
      const reader = new FrameReader(1000);
      const values: unknown[] = [];
      for (let at = 0; at < stream.length; at += size) {
        const frames = reader.push(stream.subarray(at, at + size));
        if (frames.ok) values.push(...frames.value);
      }
      expect(values).toEqual([{ a: 1 }, "zwölf", [null]]);
    }
  });

  it("are refused when they announce more than the bound, before their bytes come", () => {
    const frames = new FrameReader(10).push(new Uint8Array([0, 0, 1, 0]));
    expect(frames).toMatchObject({ ok: false, refusal: { code: "FRAME_TOO_LONG" } });
  });

  it("are refused when they hold no JSON", () => {
    const frames = new FrameReader(10).push(new Uint8Array([0, 0, 0, 1, 123]));
    expect(frames).toMatchObject({ ok: false, refusal: { code: "FRAME_NOT_JSON" } });
  });
});
