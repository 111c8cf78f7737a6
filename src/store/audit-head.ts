import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { z } from "zod";
import { parseJson } from "../domain/parse-json.ts";
import { RefusalError } from "../domain/refusal.ts";

const headSchema = z.object({ count: z.int().min(0), hash: z.string() });
const slotSchema = headSchema.extend({ sum: z.string() });
type Head = z.infer<typeof headSchema>;

/** Each of the two slots is one line of JSON of this length, filled up with spaces. */
const SLOT_BYTES = 256;
const FILE_BYTES = 2 * SLOT_BYTES;

/** Count and hash of the last audit record, in a file beside the database, so that truncating the database shows. */
export interface AuditHeadFile {
  /** @throws RefusalError `AUDIT_HEAD_CORRUPT` */
  read(): Head | undefined;
  write(head: Head): void;
}

/**
 * The file has two slots that are written in turn, in place: that is much quicker than a new file for each head. A write
 * that was cut off leaves a slot whose sum is wrong, and the other one with the head of the write before.
 */
export function openAuditHead(file: string): AuditHeadFile {
  /** Where the next head goes; undefined before the first one, and after a write that failed. */
  let next: 0 | 1 | undefined;
  const write = (head: Head): void => {
    const fd = openIfThere(file);
    if (fd === undefined) return create(file, head);
    try {
      if (fstatSync(fd).size !== FILE_BYTES) return create(file, head);
      const slot = next ?? olderSlot(readFileSync(file, "utf8"));
      next = undefined;
      writeSync(fd, slotOf(head), slot * SLOT_BYTES);
      next = slot === 0 ? 1 : 0;
    } finally {
      closeSync(fd);
    }
  };
  return { read: () => readHead(file), write };
}

function readHead(file: string): Head | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  const [first, second] = slotsOf(text);
  const head = first !== undefined && (second?.count ?? -1) <= first.count ? first : second;
  // Files of earlier versions hold one head and nothing else.
  const found = head ?? parsed(text, headSchema);
  if (found !== undefined) return { count: found.count, hash: found.hash };
  throw new RefusalError({
    code: "AUDIT_HEAD_CORRUPT",
    message: `the head of the audit log in ${file} is not readable`,
    remedy: "run `quantwright audit verify`; restore the file from a backup if the log itself holds together",
  });
}

function openIfThere(file: string): number | undefined {
  try {
    return openSync(file, "r+");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** A new file with the head in its first slot takes the place of what was there, whole or not at all. */
function create(file: string, head: Head): void {
  writeFileSync(`${file}.next`, slotOf(head) + " ".repeat(SLOT_BYTES), { mode: 0o600, flush: true });
  renameSync(`${file}.next`, file);
}

function slotOf({ count, hash }: Head): string {
  return `${JSON.stringify({ count, hash, sum: sumOf({ count, hash }) }).padEnd(SLOT_BYTES - 1)}\n`;
}

function slotsOf(text: string): readonly [Head | undefined, Head | undefined] {
  const slot = (at: number): Head | undefined => {
    const found = parsed(text.slice(at, at + SLOT_BYTES), slotSchema);
    return found?.sum === (found && sumOf(found)) ? found : undefined;
  };
  return [slot(0), slot(SLOT_BYTES)];
}

function olderSlot(text: string): 0 | 1 {
  const [first, second] = slotsOf(text);
  return (first?.count ?? -1) <= (second?.count ?? -1) ? 0 : 1;
}

/** Tells a whole slot from one that was cut off; who changes it is found by the chain. */
function sumOf({ count, hash }: Head): string {
  return createHash("sha256").update(`${count} ${hash}`).digest("hex").slice(0, 16);
}

function parsed<Schema extends z.ZodType>(text: string, schema: Schema): z.output<Schema> | undefined {
  try {
    return schema.parse(parseJson(text));
  } catch {
    return undefined;
  }
}
