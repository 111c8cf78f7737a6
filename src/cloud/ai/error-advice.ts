import type { FacadeNames } from "./facade-names.ts";
import { nearestNames } from "./nearest-names.ts";

interface Advice {
  readonly pattern: RegExp;
  readonly text: (match: RegExpExecArray, names: FacadeNames) => string;
}

function suggestion(wrong: string, known: readonly string[]): string {
  const near = nearestNames(wrong, known);
  return near.length === 0 ? "" : ` Near to it: ${near.join(", ")}.`;
}

function allMembers({ classes }: FacadeNames): string[] {
  return [...new Set(Object.values(classes).flatMap(({ members }) => Object.keys(members)))];
}

/** From the most to the least specific; the first that fits explains the error. */
const ADVICE: readonly Advice[] = [
  {
    pattern: /market wasn't found.*?Requested:\s*([\w-]+)/is,
    text: ([, market]) =>
      `"${market}" was taken for a market. An argument stands at the wrong place: name it, for example market=…, or ` +
      "pass the optional ones by keyword.",
  },
  {
    pattern: /has no attribute '(\w+)'/i,
    text: ([, name = ""], names) =>
      `The object has nothing called ${name}. Check its spelling and its type.${suggestion(name, allMembers(names))} ` +
      "An attribute of your own must be set before it is read, best in initialize.",
  },
  {
    pattern: /name '(\w+)' is not defined/i,
    text: ([, name = ""], names) =>
      `Nothing is called ${name} here.` +
      suggestion(name, [...Object.keys(names.classes), ...Object.keys(names.enums), ...Object.keys(names.functions)]) +
      " Begin the file with `from AlgorithmImports import *`, and write self. before members of the algorithm.",
  },
  {
    pattern: /has no member (\w+)|type object '(\w+)' has no/i,
    text: () => "An enumeration lacks that member: complete its name with complete_code, for example `Resolution.D`.",
  },
  {
    pattern: /No module named '([\w.]+)'/i,
    text: ([, name]) =>
      `The module ${name} is not there. Sandboxed algorithms have Python's standard library and AlgorithmImports; ` +
      "add the file to the project, or mark the project trusted to run it on the machine's own Python with its packages.",
  },
  {
    pattern: /IndentationError|TabError|unexpected indent|expected an indented block/i,
    text: () => "The line is indented otherwise than its block. Use four spaces a level and never tabs.",
  },
  {
    pattern: /SyntaxError|invalid syntax/i,
    text: () =>
      "Python cannot read that line. Look for a missing value, bracket, quote or colon on it or on the line before.",
  },
  {
    pattern: /KeyError/i,
    text: () =>
      "The key is not there. A slice holds only what came at that moment: test with `if symbol in data.bars` first; " +
      "portfolio and securities know only what was added.",
  },
  {
    pattern: /'NoneType' object/i,
    text: () =>
      "A value was None. Data may be missing at that moment: test it before use, and indicators with is_ready.",
  },
  {
    pattern: /ZeroDivisionError|division by zero/i,
    text: () =>
      "A divisor was 0: prices and indicators are 0 before their first data. Test is_ready or the value first.",
  },
  {
    pattern: /missing (\d+) required positional argument|takes (\d+) positional argument|unexpected keyword argument/i,
    text: () => "A call does not fit the signature of what it calls. Look at it with complete_code or in the guide.",
  },
  {
    pattern: /insufficient buying power/i,
    text: () =>
      "The order costs more than the account can pay. Size it with set_holdings or calculate_order_quantity, and leave " +
      "cash for fees and for prices that move before the fill.",
  },
  {
    pattern: /warm ?up|OnWarmupFinished/i,
    text: () => "Orders are refused while the algorithm warms up: return early `if self.is_warming_up`.",
  },
  {
    pattern: /DATA_MISSING|no data|missing data/i,
    text: () =>
      "There are no prices for that symbol, resolution and time. Import them (`quantwright data import`), choose other " +
      "dates or a coarser resolution, or run the cloud with --data-policy synthetic.",
  },
  {
    pattern: /TIME_LIMIT|MEMORY_LIMIT|MemoryError|timed out/i,
    text: () =>
      "The run needed too much time or memory: fewer securities, coarser bars, a shorter period, bounded lists.",
  },
];

/** Explains an error message of a compile or run, and what to do about it. */
export function explainError(
  error: { readonly message: string; readonly stacktrace?: string | undefined },
  names: FacadeNames,
): string {
  const text = `${error.message}\n${error.stacktrace ?? ""}`.slice(0, 20_000);
  const line = /line (\d+)/.exec(text)?.[1];
  const where = line === undefined ? "" : `It happened at line ${line}. `;
  for (const { pattern, text: advise } of ADVICE) {
    const match = pattern.exec(text);
    if (match !== null) return `${where}${advise(match, names)}`;
  }
  return `${where}No rule explains this error. Read its last line first, then the first line of the stack trace that is in your own file.`;
}
