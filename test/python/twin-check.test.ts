import { afterAll, describe, expect, it } from "vitest";
import { openTestPool } from "../support/sandbox-pool.ts";
import { twinProject } from "./twin-project.ts";

const pool = openTestPool({ concurrency: 1 });
afterAll(() => pool[Symbol.asyncDispose]());

const HEAD = `from AlgorithmImports import *


class Mine(QCAlgorithm):
    def initialize(self):
        self.set_brokerage_model(InteractiveBrokersBrokerageModel())
        self.spy = self.add_equity("SPY").symbol

    def on_data(self, data):
`;

async function codes(files: Readonly<Record<string, string>>): Promise<string[]> {
  const { diagnostics } = await pool.compile(files);
  return diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ code, file, line }) => `${code} ${file}:${line}`);
}

describe("a compile check of a project with a twin", () => {
  it("finds nothing in one that leaves it alone", async () => {
    const plain = `${HEAD}        self.set_holdings(self.spy, 1)\n        price = getattr(data, "time")\n`;
    expect(await codes(twinProject(plain))).toEqual([]);
  });

  it.each([
    "self.set_brokerage_model(DefaultBrokerageModel())",
    "self.SetBrokerageModel(DefaultBrokerageModel())",
    "x = self.set_brokerage_model",
    'setattr(self, "brokerage_model", None)',
    "self.brokerage_model = None",
    "self.brokerage_model._rules = None",
    "type(self).brokerage_model = None",
    "self.brokerage_model.can_submit_order = lambda *_: (True, None)",
    "rules = self.brokerage_model._rules",
    'exec("x = 1")',
    'eval("1")',
    'self.__dict__["a"] = 1',
    "vars(self)",
    'getattr(self, "set_" + "brokerage_model")',
    'getattr(self, "set_brokerage_model")',
    "import importlib",
    "import quantwright_twin",
    "from quantwright_rules import Rules",
    'self.object_store.save("quantwright/s1/mandate", "{}")',
    "self.object_store = None",
    "globals()",
    "object.__setattr__(self, 'x', 1)",
  ])("refuses %s", async (statement) => {
    const found = await codes(twinProject(`${HEAD}        ${statement}\n`));
    expect(found).toContain("TWIN_TOUCHED main.py:10");
    const elsewhere = {
      ...twinProject(`${HEAD}        pass\n`),
      "other.py": `from AlgorithmImports import *\n\n\ndef f(self):\n    ${statement}\n`,
    };
    expect(await codes(elsewhere)).toContain("TWIN_TOUCHED other.py:5");
  });

  it("refuses a class that takes the method over, another guard, a changed twin, and one that is not installed", async () => {
    const project = twinProject(`${HEAD}        pass\n\n    def set_brokerage_model(self, model):\n        pass\n`);
    expect(await codes(project)).toContain("TWIN_TOUCHED main.py:12");
    const good = twinProject(`${HEAD}        pass\n`);
    const main = good["main.py"] ?? "";
    expect(
      await codes({ ...good, "main.py": main.replace("\nguard(globals())", "\nguard = print\nguard(globals())") }),
    ).toEqual(["TWIN_TOUCHED main.py:15"]);
    expect(await codes({ ...good, "main.py": main.replace("guard(globals())\n", "") })).toContain(
      "TWIN_MISSING main.py:13",
    );
    expect(await codes({ ...good, "main.py": `${main}x = 1\n` })).toContain("TWIN_MISSING main.py:16");
    const rules = (good["quantwright_rules.py"] ?? "").replace("found <= most", "True");
    expect(await codes({ ...good, "quantwright_rules.py": rules })).toEqual(["TWIN_CHANGED quantwright_rules.py:1"]);
    expect(await codes({ "main.py": `${HEAD}        setattr(self, "x", 1)\n` })).toEqual([]);
  });
});
