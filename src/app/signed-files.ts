import { join, resolve } from "node:path";
import { z } from "zod";
import type { SignedFiles, SignedKind } from "../cli/cli-services.ts";
import { RefusalError } from "../domain/refusal.ts";
import { readDocument, writeDocument } from "../store/json-document.ts";

/** The files that operators sign: any that is named, and the one in the data directory that counts. */
export function signedFiles(dataDir: string, cwd: string): SignedFiles {
  const placeOf = (kind: SignedKind): string =>
    join(dataDir, kind === "compute" ? "compute-budget.json" : `${kind}.json`);
  return {
    read(file, schema) {
      const path = resolve(cwd, file);
      const found = readDocument(path, schema);
      if (found.kind === "read") return found.value;
      throw new RefusalError({
        code: "FILE_UNKNOWN",
        message: found.kind === "absent" ? `there is no file ${path}` : `this cannot be signed: ${found.reason}`,
        remedy: "correct the file and sign it again",
      });
    },
    present(kind, schema) {
      const found = readDocument(placeOf(kind), schema);
      return found.kind === "read" ? found.value : undefined;
    },
    place(kind, value) {
      const file = placeOf(kind);
      writeDocument(file, z.json().parse(value));
      return file;
    },
  };
}
