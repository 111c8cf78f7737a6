import { Entry } from "@napi-rs/keyring";
import { RefusalError } from "../../domain/refusal.ts";
import type { Vault } from "./vault.ts";

/**
 * The Secret Service is pinned: the library's own fallback on Linux is the kernel keyring, where secrets look saved
 * and are gone after the session.
 */
const OPTIONS = { linux: { store: "secret-service" } } as const;

/** Whether an error says that there is no keychain at all, rather than that it is locked or refuses. */
function isAbsent(error: unknown): boolean {
  const text = error instanceof Error ? error.message : String(error);
  return (
    /dbus|d-bus|zbus|not provided|ServiceUnknown|no such file|connect|unsupported|not supported/i.test(text) &&
    !/locked|dismissed/i.test(text)
  );
}

function unavailable(error: unknown): RefusalError {
  return new RefusalError(
    {
      code: isAbsent(error) ? "KEYCHAIN_ABSENT" : "KEYCHAIN_LOCKED",
      message: `the OS keychain does not answer: ${error instanceof Error ? error.message : String(error)}`,
      remedy: "unlock the keychain (log in to the desktop session, or unlock it in its own program) and try again",
    },
    { cause: error },
  );
}

/** The OS keychain, under one service name per data directory. */
export function openKeychainVault(service: string): Vault {
  const entry = (name: string): Entry => new Entry(service, name, OPTIONS);
  const guarded = <T>(work: () => T): Promise<T> => {
    try {
      return Promise.resolve(work());
    } catch (error) {
      return Promise.reject(unavailable(error));
    }
  };
  return {
    kind: "keychain",
    notice: undefined,
    get: (name) => guarded(() => entry(name).getPassword() ?? undefined),
    set: (name, value) => guarded(() => entry(name).setPassword(value)),
    delete: (name) =>
      guarded(() => {
        const there = entry(name).getPassword() !== null;
        return there && entry(name).deletePassword();
      }),
  };
}

export type KeychainState =
  | { readonly kind: "usable" }
  | { readonly kind: "absent"; readonly reason: string }
  | { readonly kind: "locked"; readonly refusal: RefusalError };

/** Writes, reads and deletes a probe: only a round trip shows that a keychain keeps what it is given. */
export function probeKeychain(service: string): KeychainState {
  try {
    const probe = new Entry(service, "probe", OPTIONS);
    probe.setPassword("probe");
    const kept = probe.getPassword() === "probe";
    probe.deletePassword();
    return kept ? { kind: "usable" } : { kind: "absent", reason: "it does not keep what it is given" };
  } catch (error) {
    if (isAbsent(error)) return { kind: "absent", reason: error instanceof Error ? error.message : String(error) };
    return { kind: "locked", refusal: unavailable(error) };
  }
}
