import { createHash } from "node:crypto";
import { z } from "zod";
import { canonicalJson } from "../domain/canonical-json.ts";

const filesSchema = z.array(z.looseObject({ name: z.string(), content: z.string().nullish() }));
const answerSchema = z.looseObject({ files: filesSchema });

export type ProjectFiles = z.infer<typeof filesSchema>;

/** The files in an answer of `read_file`; none where it is no such answer. */
export function filesOf(answer: unknown): ProjectFiles {
  const parsed = answerSchema.safeParse(answer);
  return parsed.success ? parsed.data.files : [];
}

/** The text under which files are kept, and back. What cannot be read counts as no files. */
export function filesText(files: ProjectFiles): string {
  return JSON.stringify({ files: files.map(({ name, content }) => ({ name, content: content ?? "" })) });
}

/** Hash of what a backtest runs: files with line ends and trailing blanks normalised, and parameters. */
export function artefactHash(
  files: readonly { readonly name: string; readonly content?: string | null | undefined }[],
  parameters: Readonly<Record<string, string>>,
): string {
  const normalised = Object.fromEntries(
    files.map(({ name, content }) => [
      name,
      (content ?? "")
        .replaceAll("\r\n", "\n")
        .replace(/[ \t]+$/gm, "")
        .trimEnd(),
    ]),
  );
  return createHash("sha256")
    .update(canonicalJson({ files: normalised, parameters }))
    .digest("hex");
}
