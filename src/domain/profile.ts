/** Where work runs: the local cloud, offline, or an account on QuantConnect. */
export const PROFILES = ["local", "quantconnect"] as const;

export type Profile = (typeof PROFILES)[number];

/** What an answer may be about: nothing traded, or the kind of account it traded in. */
export type TradingMode = "PAPER" | "SIMULATED LIVE" | "LIVE" | "none";
