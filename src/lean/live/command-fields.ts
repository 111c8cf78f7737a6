import { AlgorithmError } from "../algorithm/algorithm-error.ts";

/** Fields of a command, in any spelling (`LimitPrice`, `limit_price`), with numbers also as texts. */
export class CommandFields {
  readonly #fields = new Map<string, unknown>();

  constructor(payload: Readonly<Record<string, unknown>>) {
    for (const [name, value] of Object.entries(payload)) this.#fields.set(plain(name), value);
  }

  number(name: string): number | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
    if (typeof number === "number" && Number.isFinite(number)) return number;
    throw new AlgorithmError(`expected a number as ${name}, got ${JSON.stringify(value)}`);
  }

  text(name: string): string | undefined {
    const value = this.#get(name);
    if (value === undefined || typeof value === "string") return value;
    throw new AlgorithmError(`expected a text as ${name}, got ${JSON.stringify(value)}`);
  }

  flag(name: string): boolean | undefined {
    const value = this.#get(name);
    if (value === undefined || typeof value === "boolean") return value;
    if (typeof value === "string" && /^(true|false)$/i.test(value)) return value.toLowerCase() === "true";
    throw new AlgorithmError(`expected true or false as ${name}, got ${JSON.stringify(value)}`);
  }

  /** A member of an enumeration, by its number or its name. */
  choice(name: string, members: Readonly<Record<string, number>>): number | undefined {
    const value = this.#get(name);
    if (value === undefined) return undefined;
    if (typeof value === "string" && Object.hasOwn(members, plain(value))) return members[plain(value)];
    const number = Number(value);
    if (typeof value !== "boolean" && Number.isInteger(number)) return number;
    throw new AlgorithmError(
      `expected ${name} to be one of ${Object.keys(members).join(", ")}, got ${JSON.stringify(value)}`,
    );
  }

  /** The security: `Symbol` as a text or as `{id, value}`, else `Ticker`. */
  symbol(): string | undefined {
    const value = this.#get("Symbol") ?? this.#get("Ticker");
    if (typeof value === "object" && value !== null) {
      const fields = new CommandFields({ ...value });
      return fields.text("Value") ?? fields.text("Id");
    }
    if (value === undefined || typeof value === "string") return value === "" ? undefined : value;
    throw new AlgorithmError(`expected a ticker, got ${JSON.stringify(value)}`);
  }

  #get(name: string): unknown {
    return this.#fields.get(plain(name)) ?? undefined;
  }
}

function plain(name: string): string {
  return name.replaceAll("_", "").toLowerCase();
}
