import { accepted, refused, type Outcome } from "../domain/refusal.ts";
import type { PassedTool } from "./tool.ts";

type Body = Readonly<Record<string, unknown>>;

/** What `login broker NAME` stored: the names of fields, and their values for the last step. */
export interface BrokerSecrets {
  /** Undefined where nothing is stored under the name. */
  fields(name: string): Promise<readonly string[] | undefined>;
  /** The value of a field; whoever asks for it hides it from then on. */
  value(name: string, field: string): Promise<string | undefined>;
}

const REFERENCE = /^credential:([a-z][a-z0-9-]{0,30})$/;
/** Fields of brokerages that let somebody trade there. */
const SECRET_FIELD = /password|passphrase|secret|token|key|auth-id|pin$/i;

/** The only tool whose arguments are a brokerage's settings. */
function takesSecrets(tool: PassedTool): boolean {
  return tool.speaks === "quantconnect" && tool.tool === "create_live_algorithm";
}

/**
 * Writes `credentialRef: NAME` in brokerage settings out as references, one for each stored field, so that schema,
 * approval and audit see them and no secret. A secret itself is refused: it has passed a model.
 */
export async function referSecrets(
  tool: PassedTool,
  given: unknown,
  secrets: BrokerSecrets,
): Promise<Outcome<unknown>> {
  if (!takesSecrets(tool) || !isObject(given)) return accepted(given);
  const { model, ...rest } = given;
  if (isObject(model)) {
    const inner = await referSecrets(tool, model, secrets);
    return inner.ok ? accepted({ ...rest, model: inner.value }) : inner;
  }
  return mapSettings(given, async (settings) => {
    const { credentialRef, ...plain } = settings;
    const raw = Object.entries(plain).find(([name, value]) => isRawSecret(name, value));
    if (raw !== undefined) return rawSecret(raw[0]);
    if (credentialRef === undefined) return accepted(plain);
    const wanted = typeof credentialRef === "string" ? credentialRef : "";
    const [, name] = REFERENCE.exec(`credential:${wanted}`) ?? [];
    const fields = name === undefined ? undefined : await secrets.fields(name);
    if (name === undefined || fields === undefined) return unknownCredential(wanted);
    return accepted({ ...Object.fromEntries(fields.map((field) => [field, `credential:${name}`])), ...plain });
  });
}

/** Puts stored values in the place of references, in what is sent and nowhere else. A value goes into its own field only. */
export async function fillSecrets(tool: PassedTool, args: Body, secrets: BrokerSecrets): Promise<Outcome<Body>> {
  if (!takesSecrets(tool)) return accepted(args);
  return mapSettings(args, async (settings) => {
    const filled: Record<string, unknown> = {};
    for (const [field, value] of Object.entries(settings)) {
      const name = typeof value === "string" ? REFERENCE.exec(value)?.[1] : undefined;
      const stored = name === undefined ? undefined : await secrets.value(name, field).catch(() => undefined);
      if (name !== undefined && stored === undefined) return unknownCredential(`${name}, field ${field}`);
      filled[field] = stored ?? value;
    }
    return accepted(filled);
  });
}

/** Applies a step to the settings of the brokerage and of each source of prices. */
async function mapSettings(args: Body, step: (settings: Body) => Promise<Outcome<Body>>): Promise<Outcome<Body>> {
  const { brokerage, dataProviders } = args;
  const changed: Record<string, unknown> = { ...args };
  if (isObject(brokerage)) {
    const done = await step(brokerage);
    if (!done.ok) return done;
    changed["brokerage"] = done.value;
  }
  if (!isObject(dataProviders)) return accepted(changed);
  const providers: Record<string, unknown> = {};
  for (const [name, settings] of Object.entries(dataProviders)) {
    const done = isObject(settings) ? await step(settings) : accepted(settings);
    if (!done.ok) return done;
    providers[name] = done.value;
  }
  changed["dataProviders"] = providers;
  return accepted(changed);
}

/** Whether what stands in a field of a brokerage's settings lets somebody trade there. */
export function isSecretField(name: string): boolean {
  return SECRET_FIELD.test(name);
}

function isRawSecret(name: string, value: unknown): boolean {
  return isSecretField(name) && typeof value === "string" && value !== "" && !REFERENCE.test(value);
}

function rawSecret(field: string): Outcome<never> {
  return refused({
    code: "SECRET_IN_ARGUMENTS",
    message: `${field} stands in the arguments in clear: consider it known, and change it at the brokerage`,
    remedy: 'store it with `quantwright login broker NAME`, and give "credentialRef": "NAME" in its place',
  });
}

function unknownCredential(name: string): Outcome<never> {
  return refused({
    code: "CREDENTIAL_UNKNOWN",
    message: `no credential of a brokerage is stored as "${name.slice(0, 80)}"`,
    remedy: "quantwright login broker NAME",
  });
}

function isObject(value: unknown): value is Body {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
