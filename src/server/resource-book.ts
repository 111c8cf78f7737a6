import { ResourceNotFoundError } from "@modelcontextprotocol/server";

export interface ResourceEntry {
  readonly uri: string;
  readonly name: string;
  readonly description: string;
  readonly mimeType: "application/json";
}

/** What a client can read without calling a tool. */
export interface ResourceBook {
  readonly templates: readonly {
    readonly uriTemplate: string;
    readonly name: string;
    readonly description: string;
    readonly mimeType: string;
  }[];
  list(): Promise<readonly ResourceEntry[]>;
  /** JSON text; throws the protocol's error for a URI that names nothing. */
  read(uri: string): Promise<string>;
}

const JSON_TYPE = "application/json" as const;

/** The desk's resources: health, strategies, recent runs, the end of the audit log, and stored results by reference. */
export function createResourceBook(sources: {
  readonly health: () => Promise<unknown>;
  readonly strategies: () => Promise<unknown>;
  readonly runs: () => Promise<unknown>;
  readonly auditTail: () => Promise<unknown>;
  readonly result: (hash: string) => Promise<string | undefined>;
}): ResourceBook {
  const fixed: Readonly<
    Record<string, { readonly name: string; readonly description: string; readonly read: () => Promise<unknown> }>
  > = {
    "quantwright://health": {
      name: "health",
      description: "State of the desk and its upstreams",
      read: sources.health,
    },
    "quantwright://strategies": { name: "strategies", description: "All strategies", read: sources.strategies },
    "quantwright://runs": { name: "runs", description: "The latest runs", read: sources.runs },
    "quantwright://audit/tail": {
      name: "audit tail",
      description: "The last records of the audit log",
      read: sources.auditTail,
    },
  };
  return {
    templates: [
      {
        uriTemplate: "quantwright://results/{hash}",
        name: "result",
        description: "A long result, whole",
        mimeType: JSON_TYPE,
      },
    ],
    list: () =>
      Promise.resolve(
        Object.entries(fixed).map(([uri, { name, description }]) => ({ uri, name, description, mimeType: JSON_TYPE })),
      ),
    read: async (uri) => {
      const known = Object.hasOwn(fixed, uri) ? fixed[uri] : undefined;
      if (known !== undefined) return JSON.stringify(await known.read());
      const hash = /^quantwright:\/\/results\/([0-9a-f]{64})$/.exec(uri)?.[1];
      const text = hash === undefined ? undefined : await sources.result(hash);
      if (text === undefined) throw new ResourceNotFoundError(uri);
      return text;
    },
  };
}
