/** What a sandbox may read, and where it may write (only the maker of a snapshot may at all). */
export interface SandboxPaths {
  readonly read: readonly string[];
  readonly write?: readonly string[];
}

/**
 * Node's flags for a sandbox process: no children, no threads, no network, no add-ons (all off unless allowed), no
 * code from strings, and only the given folders and files to read.
 */
export function permissionFlags(paths: SandboxPaths): string[] {
  return [
    "--permission",
    ...paths.read.map((path) => `--allow-fs-read=${path}`),
    ...(paths.write ?? []).map((path) => `--allow-fs-write=${path}`),
    "--disallow-code-generation-from-strings",
    "--max-old-space-size=768",
    "--no-warnings",
  ];
}
