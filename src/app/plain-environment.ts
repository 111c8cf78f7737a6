const PLAIN_VARIABLES = [
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "LC_ALL",
  "TZ",
  "TMPDIR",
  "SystemRoot",
  "APPDATA",
  "LOCALAPPDATA",
  "TEMP",
  "USERPROFILE",
];

/**
 * What somebody else's server gets of our environment: enough to be found and to find its files, and what is named
 * besides.
 */
export function plainEnvironment(
  environment: Readonly<Record<string, string>>,
  more: readonly string[] = [],
): Record<string, string> {
  return Object.fromEntries(
    [...PLAIN_VARIABLES, ...more].flatMap((name) => {
      const value = environment[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
