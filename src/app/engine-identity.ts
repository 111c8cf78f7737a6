/** The engine of this package, as results and the local cloud name it: our version, and the LEAN commit it follows. */
export const ENGINE = {
  name: "quantwright-lean",
  version: "0.1.0",
  leanCommit: "24863901deffa9ec7985e21ef8fbdb0258efb9e4",
} as const;
