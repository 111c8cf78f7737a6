import type {
  OAuthClientMetadata,
  OAuthClientProvider,
  OAuthDiscoveryState,
  StoredOAuthClientInformation,
  StoredOAuthTokens,
} from "@modelcontextprotocol/client";
import { z } from "zod";
import { parseJson } from "../../domain/parse-json.ts";
import { RefusalError } from "../../domain/refusal.ts";

/** Where the tokens of one upstream are kept. */
export interface TokenPlace {
  readonly name: string;
  load(): Promise<string | undefined>;
  save(text: string): Promise<void>;
}

/** The part of a login that a person takes: an address to open, and where the answer comes back to. */
export interface LoginTalk {
  readonly redirectUrl: string;
  /** Compared with what comes back, so that nobody else's answer is taken. */
  readonly state: string;
  readonly open: (url: URL) => void;
}

// What was stored is ours; its members are the protocol library's.
const storedSchema = z.object({
  client: z.custom<StoredOAuthClientInformation>((value) => typeof value === "object" && value !== null).optional(),
  tokens: z.custom<StoredOAuthTokens>((value) => typeof value === "object" && value !== null).optional(),
});
type Stored = z.infer<typeof storedSchema>;

/**
 * The OAuth 2.1 client of one upstream, with PKCE. With a talk it logs in anew; without one it only uses and renews the
 * tokens that are there, and asks for a login where they do not do any more.
 */
export class OAuthLogin implements OAuthClientProvider {
  readonly #place: TokenPlace;
  readonly #talk: LoginTalk | undefined;
  #fresh: Stored = {};
  #verifier = "";
  #discovered: OAuthDiscoveryState | undefined;
  /** Only who registers saves a registration: a desk would register at every try. */
  readonly saveClientInformation?: (client: StoredOAuthClientInformation) => void;

  constructor(place: TokenPlace, talk?: LoginTalk) {
    this.#place = place;
    this.#talk = talk;
    if (talk === undefined) return;
    this.saveClientInformation = (client) => void (this.#fresh = { ...this.#fresh, client });
  }

  get redirectUrl(): string {
    return this.#talk?.redirectUrl ?? "http://127.0.0.1/callback";
  }

  get clientMetadata(): OAuthClientMetadata {
    return {
      client_name: "Quantwright",
      redirect_uris: [this.redirectUrl],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: "none",
    };
  }

  state(): string {
    return this.#talk?.state ?? "";
  }

  async clientInformation(): Promise<StoredOAuthClientInformation | undefined> {
    const { client } = await this.#stored();
    // Without a login there was no registration, and a desk makes none.
    if (client === undefined && this.#talk === undefined) throw this.#loginRequired();
    return client;
  }

  async tokens(): Promise<StoredOAuthTokens | undefined> {
    return (await this.#stored()).tokens;
  }

  async saveTokens(tokens: StoredOAuthTokens): Promise<void> {
    const before = await this.#stored();
    // A server that renews a token without a new refresh token means the old one.
    const refresh = tokens.refresh_token ?? before.tokens?.refresh_token;
    const stored = { ...before, tokens: refresh === undefined ? tokens : { ...tokens, refresh_token: refresh } };
    this.#fresh = stored;
    await this.#place.save(JSON.stringify(stored));
  }

  /** Tokens that the server does not take any more are of no use to anybody. */
  async invalidateCredentials(scope: "all" | "client" | "tokens" | "verifier" | "discovery"): Promise<void> {
    if (scope !== "all" && scope !== "tokens") return;
    const { client } = await this.#stored();
    this.#fresh = { client };
    await this.#place.save(JSON.stringify(this.#fresh));
  }

  redirectToAuthorization(url: URL): void {
    if (this.#talk === undefined) throw this.#loginRequired();
    this.#talk.open(url);
  }

  saveCodeVerifier(verifier: string): void {
    this.#verifier = verifier;
  }

  codeVerifier(): string {
    return this.#verifier;
  }

  /** Which server gives out the tokens: the answer must be of the one that was asked. */
  saveDiscoveryState(state: OAuthDiscoveryState): void {
    this.#discovered = state;
  }

  discoveryState(): OAuthDiscoveryState | undefined {
    return this.#discovered;
  }

  #loginRequired(): RefusalError {
    const { name } = this.#place;
    return new RefusalError({
      code: "UPSTREAM_LOGIN_REQUIRED",
      message: `${name} wants a login`,
      remedy: `quantwright login upstream ${name}`,
    });
  }

  /** A login begins with nothing: the address that answers come back to is another one each time. */
  async #stored(): Promise<Stored> {
    if (this.#talk !== undefined) return this.#fresh;
    const text = await this.#place.load();
    return text === undefined ? {} : storedSchema.parse(parseJson(text));
  }
}
