import { describe, expect, it } from "vitest";
import { z } from "zod";
import { parseOptions } from "../../src/cli/command.ts";
import { refusalOf } from "../store/support/refusal-of.ts";

const schema = z.object({
  count: z.coerce.number().int().max(9).optional(),
  dataPolicy: z.enum(["real", "synthetic"]).optional(),
  field: z.array(z.string().regex(/^[a-z]+$/, "the name of a field")).optional(),
});

describe("an option that is not what was expected", () => {
  it.each([
    ["no number", { count: "many" }, '--count: expected number, "many" came'],
    ["too great a number", { count: "10" }, '--count: Too big: expected number to be <=9, "10" came'],
    ["another word", { dataPolicy: "fake" }, '--data-policy: expected one of "real"|"synthetic", "fake" came'],
    ["what hides", { count: "\u001b[2J" }, '--count: expected number, "\\u{1b}[2J" came'],
    ["a secret beside its name", { field: ["key=abc"] }, '--field.0: the name of a field, "key=…" came'],
    ["no value", { field: true }, "--field: expected array"],
  ])("is named with what came: %s", async (_, options, message) => {
    const refusal = await refusalOf(Promise.resolve().then(() => parseOptions(schema, options)));
    expect(refusal).toMatchObject({ code: "USAGE", message });
  });
});
