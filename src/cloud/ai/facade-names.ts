import { z } from "zod";

const member = z.object({ about: z.string(), signature: z.string() });

/** The names that algorithms may use, as `config/facade-names.json` lists them: snake_case members by class. */
export const facadeNamesSchema = z.object({
  classes: z.record(z.string(), z.object({ about: z.string(), members: z.record(z.string(), member) })),
  enums: z.record(z.string(), z.array(z.string())),
  functions: z.record(z.string(), member),
});

export type FacadeNames = z.infer<typeof facadeNamesSchema>;

/** `set_holdings` → `SetHoldings`. */
export function pascalName(snake: string): string {
  return snake.replace(/(?:^|_)([a-z0-9])/g, (_, first: string) => first.toUpperCase());
}

/** Every member of every class by its PascalCase spelling, with the snake_case one. */
export function memberSpellings(names: FacadeNames): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { members } of Object.values(names.classes)) {
    for (const name of Object.keys(members)) found.set(pascalName(name), name);
  }
  return found;
}
