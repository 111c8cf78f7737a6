import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { z } from "zod";
import { parseJson } from "../domain/parse-json.ts";
import { RefusalError } from "../domain/refusal.ts";

const headSchema = z.object({ count: z.int().min(0), hash: z.string() });

/** Count and hash of the last audit record, in a file beside the database, so that truncating the database shows. */
export interface AuditHeadFile {
  read(): z.infer<typeof headSchema> | undefined;
  write(head: z.infer<typeof headSchema>): void;
}

export function openAuditHead(file: string): AuditHeadFile {
  return {
    read: () => {
      let text: string;
      try {
        text = readFileSync(file, "utf8");
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
        throw error;
      }
      const head = headOf(text);
      if (head !== undefined) return head;
      throw new RefusalError({
        code: "AUDIT_HEAD_CORRUPT",
        message: `the head of the audit log in ${file} is not readable`,
        remedy: "run `quantwright audit verify`; restore the file from a backup if the log itself holds together",
      });
    },
    write: (head) => {
      writeFileSync(`${file}.next`, JSON.stringify(head), { mode: 0o600 });
      renameSync(`${file}.next`, file);
    },
  };
}

function headOf(text: string): z.infer<typeof headSchema> | undefined {
  try {
    return headSchema.parse(parseJson(text));
  } catch {
    return undefined;
  }
}
