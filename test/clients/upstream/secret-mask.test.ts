import { describe, expect, it } from "vitest";
import { SecretMask } from "../../../src/clients/secret-mask.ts";

describe("the mask of secrets", () => {
  const mask = new SecretMask();
  mask.add("s3cr3t/+token");
  mask.add("short");

  it("hides a secret in every coat that it travels in", () => {
    const basic = Buffer.from("s3cr3t/+token").toString("base64");
    const text = `a s3cr3t/+token b ${basic} c s3cr3t%2F%2Btoken s3cr3t/+token`;
    expect(mask.apply(text)).toBe(`a ••• b •••${/=*$/.exec(basic)?.[0] ?? ""} c ••• •••`);
  });

  it("leaves alone what is too short to be a secret, and texts without any", () => {
    expect(mask.apply("a short text")).toBe("a short text");
    expect(new SecretMask().apply("anything")).toBe("anything");
  });
});
