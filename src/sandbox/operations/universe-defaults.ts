import { Decimal } from "../../domain/decimal.ts";
import type { UniverseSettings } from "../../lean/algorithm/security-manager.ts";

/** One of the defaults that securities are added with, as the facade reads and writes it. */
export interface UniverseDefault {
  get(settings: UniverseSettings): number | boolean;
  set(settings: UniverseSettings, value: number): void;
}

/** By the facade's names. */
export const UNIVERSE_DEFAULTS: Readonly<Record<string, UniverseDefault>> = {
  resolution: {
    get: (settings) => settings.resolution,
    set: (settings, value) => {
      settings.resolution = value;
    },
  },
  leverage: {
    get: (settings) => settings.leverage.toNumber(),
    set: (settings, value) => {
      settings.leverage = Decimal.fromNumber(value);
    },
  },
  fill_forward: {
    get: (settings) => settings.fillForward,
    set: (settings, value) => {
      settings.fillForward = value !== 0;
    },
  },
  extended_market_hours: {
    get: (settings) => settings.extendedMarketHours,
    set: (settings, value) => {
      settings.extendedMarketHours = value !== 0;
    },
  },
  data_normalization_mode: {
    get: (settings) => settings.dataNormalizationMode,
    set: (settings, value) => {
      settings.dataNormalizationMode = value;
    },
  },
};
