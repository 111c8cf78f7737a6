/** The clock that the interpreter sees: the time of the algorithm while one runs, so that results do not depend on the day. */
export interface AlgorithmClock {
  /** From now on `Date.now()` answers this, in milliseconds since 1970 UTC. */
  set(milliseconds: number): void;
}

/** Replaces `Date.now` of this process; until the first `set` it tells the real time. */
export function installAlgorithmClock(): AlgorithmClock {
  const real = Date.now;
  let fixed: number | undefined;
  Date.now = () => fixed ?? real();
  return {
    set: (milliseconds) => {
      fixed = milliseconds;
    },
  };
}
