/** Where work runs: the local cloud, offline, or an account on QuantConnect. */
export const PROFILES = ["local", "quantconnect"] as const;

export type Profile = (typeof PROFILES)[number];

/** What a deployment trades with: play money, a broker that only behaves like a real one, or real money. */
export type DeploymentMode = "PAPER" | "SIMULATED LIVE" | "LIVE";

/** What an answer may be about: nothing traded, or the kind of account it traded in. */
export type TradingMode = DeploymentMode | "none";
