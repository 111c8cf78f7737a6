import { expect, it } from "vitest";
import { strategyLab } from "../../src/agents/strategy-lab.ts";
import { refusalOf } from "../store/support/refusal-of.ts";
import { labUnderTest, NOW } from "./support.ts";

it("a strategy without a project on the profile in use is refused before the cloud is asked anything", async () => {
  await using lab = await labUnderTest();
  const links = [{ profile: "quantconnect" as const, organisation: "o", projectId: 8 }];
  await lab.strategies.add({ id: "s2", name: "Away", lifecycle: "draft", createdAt: NOW, links });

  const edit = strategyLab(lab.parts).skills.find(({ name }) => name === "edit_strategy");
  expect(await refusalOf(lab.ask(edit, { strategyId: "s2" }))).toMatchObject({
    code: "STRATEGY_NOT_LINKED",
    message: "strategy Away has no project on profile local",
  });
  expect(lab.asked).toEqual([]);
});
