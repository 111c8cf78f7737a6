const PYTHON_MAIN = `from AlgorithmImports import *


class Algorithm(QCAlgorithm):

    def initialize(self):
        self.set_start_date(2015, 1, 1)
        self.set_end_date(2019, 12, 31)
        self.set_cash(100000)
        self._symbol = self.add_equity("SPY", Resolution.DAILY).symbol

    def on_data(self, data):
        if not self.portfolio.invested:
            self.set_holdings(self._symbol, 1)
`;

const CSHARP_MAIN = `using QuantConnect.Data;

namespace QuantConnect.Algorithm.CSharp
{
    public class Algorithm : QCAlgorithm
    {
        private Symbol _symbol;

        public override void Initialize()
        {
            SetStartDate(2015, 1, 1);
            SetEndDate(2019, 12, 31);
            SetCash(100000);
            _symbol = AddEquity("SPY", Resolution.Daily).Symbol;
        }

        public override void OnData(Slice data)
        {
            if (!Portfolio.Invested) SetHoldings(_symbol, 1);
        }
    }
}
`;

function notebook(language: "Py" | "C#"): string {
  const [name, display] = language === "Py" ? ["python3", "Python 3"] : [".net-csharp", ".NET (C#)"];
  const book = {
    cells: [{ cell_type: "code", execution_count: null, metadata: {}, outputs: [], source: ["qb = QuantBook()\\n"] }],
    metadata: { kernelspec: { display_name: display, name } },
    nbformat: 4,
    nbformat_minor: 2,
  };
  return `${JSON.stringify(book, null, 1)}\n`;
}

/** The two files that a new project begins with. */
export function templateFiles(language: "Py" | "C#"): Readonly<Record<string, string>> {
  return language === "Py"
    ? { "main.py": PYTHON_MAIN, "research.ipynb": notebook("Py") }
    : { "Main.cs": CSHARP_MAIN, "Research.ipynb": notebook("C#") };
}
