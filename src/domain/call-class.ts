/**
 * What a call can do, judged by ourselves from tool, arguments and deployment state, never from an upstream's hints:
 * `read` changes nothing, `write` changes files or names, `compute` costs machine time, `paper` and `live` trade,
 * `reduce` can only lower exposure, `admin` changes who may do what.
 */
export const CALL_CLASSES = ["read", "write", "compute", "paper", "live", "reduce", "admin"] as const;

export type CallClass = (typeof CALL_CLASSES)[number];
