import { z } from "zod";
import { RefusalError } from "../domain/refusal.ts";
import { defineSkill, type Skill, type SkillContext } from "../gateway/skill.ts";
import { projectOf, strategyId, type StrategyLabParts } from "./strategy-lab-parts.ts";
import { hasTwin, withTwin } from "./twin-files.ts";

const filesSchema = z.looseObject({
  files: z.array(z.looseObject({ name: z.string(), content: z.string().nullish() })),
});

/** Changes one file of a strategy: its whole text, or one exact passage. */
export function editStrategy(parts: StrategyLabParts): Skill {
  return defineSkill({
    name: "edit_strategy",
    title: "Edit a strategy",
    description:
      "Changes a file of a strategy: either give `content` (the whole new text; makes the file if it is new), or `find` and `replace` (the passage must occur exactly once). With neither it returns the file's text. Takes effect with the next backtest.",
    owner: "strategy-lab",
    class: "write",
    needs: ["read_file", "create_file", "update_file_contents"],
    input: z.object({
      strategyId,
      file: z.string().min(1).max(200).default("main.py"),
      content: z.string().min(1).max(200_000).optional(),
      find: z.string().min(1).optional(),
      replace: z.string().optional(),
    }),
    output: z.object({
      strategyId: z.string(),
      file: z.string(),
      changed: z.boolean(),
      lines: z.int(),
      content: z.string().optional(),
    }),
    answer: async (args, context) => {
      refuseMixture(args);
      const { projectId } = await projectOf(parts, args.strategyId);
      const before = await textOf(context, projectId, args.file);
      const wanted = args.content ?? edited(before, args);
      // A text that is written anew keeps the twin of the one before.
      const after = args.file === "main.py" && before !== undefined && hasTwin(before) ? withTwin(wanted) : wanted;
      const data = {
        strategyId: args.strategyId,
        file: args.file,
        changed: after !== before,
        lines: after.split("\n").length,
      };
      const source = `project ${projectId}`;
      if (args.content === undefined && args.find === undefined) return { data: { ...data, content: after }, source };
      if (before === undefined) await context.upstream("create_file", { projectId, name: args.file, content: after });
      else if (after !== before)
        await context.upstream("update_file_contents", { projectId, name: args.file, content: after });
      return { data, source };
    },
  });
}

/** Each form is whole: a forgotten `replace` must not delete a passage, nor `content` hide one. */
function refuseMixture(args: {
  readonly content?: string | undefined;
  readonly find?: string | undefined;
  readonly replace?: string | undefined;
}): void {
  const passage = [args.find, args.replace].filter((part) => part !== undefined).length;
  if (passage === 0 || (passage === 2 && args.content === undefined)) return;
  throw new RefusalError({
    code: "ARGUMENTS_INVALID",
    message: "expected either content, or find and replace together",
    remedy: 'give the whole text as content, or both find and replace (replace: "" deletes the passage)',
  });
}

async function textOf(context: SkillContext, projectId: number, file: string): Promise<string | undefined> {
  const { files } = filesSchema.parse(await context.upstream("read_file", { projectId }));
  return files.find(({ name }) => name === file)?.content ?? undefined;
}

function edited(
  before: string | undefined,
  args: { readonly file: string; readonly find?: string | undefined; readonly replace?: string | undefined },
): string {
  if (before === undefined) {
    throw new RefusalError({
      code: "FILE_UNKNOWN",
      message: `the strategy has no file ${args.file}`,
      remedy: "give its whole text as `content` to make it",
    });
  }
  if (args.find === undefined) return before;
  const parts = before.split(args.find);
  if (parts.length !== 2) {
    throw new RefusalError({
      code: "PASSAGE_NOT_UNIQUE",
      message: `the passage to replace occurs ${parts.length - 1} times in ${args.file}, expected exactly once`,
      remedy: "give more of the surrounding text, or the whole content",
    });
  }
  return parts.join(args.replace ?? "");
}
