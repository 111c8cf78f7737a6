import { z } from "zod";
import type { SkillContext } from "../../gateway/skill.ts";

const logsSchema = z.looseObject({ logs: z.array(z.string()), length: z.int().min(0).optional() });
const PAGE = 250;
const LONGEST = 300;

/**
 * Why the twin refused an order, by the last lines that the algorithm logged; undefined where they do not say. The text
 * comes from inside the algorithm: it explains, and nothing is decided by it.
 */
export async function reasonOfTwin(
  context: Pick<SkillContext, "upstream">,
  order: { readonly projectId: number; readonly deployId: string; readonly key: string },
): Promise<string | undefined> {
  const page = async (startLine: number, endLine: number): Promise<z.output<typeof logsSchema>> => {
    const lines = { projectId: order.projectId, algorithmId: order.deployId, startLine, endLine };
    return logsSchema.parse(await context.upstream("read_live_logs", lines));
  };
  try {
    const first = await page(0, PAGE);
    const { length = first.logs.length } = first;
    const { logs } = length <= PAGE ? first : await page(length - PAGE, length);
    const marked = `the order ${order.key} is refused: `;
    const line = logs.findLast((one) => one.includes(marked));
    return line?.slice(line.indexOf(marked) + marked.length, line.indexOf(marked) + marked.length + LONGEST);
  } catch {
    return undefined;
  }
}
