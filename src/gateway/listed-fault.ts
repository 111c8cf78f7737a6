import { visibleText } from "../domain/visible-text.ts";
import type { UpstreamTool } from "./upstream-port.ts";
import { isShallow } from "./validate-arguments.ts";

/** What clients accept as the name of a tool. */
const PUBLIC_NAME = /^[a-zA-Z0-9_-]{1,64}$/;
const LONGEST_DEFINITION = 256 * 1024;
/** Schemas that name another place would make what is checked depend on it. */
const REMOTE_REF = /"\$(?:ref|dynamicRef|schema|id)":"(?!https?:\/\/json-schema\.org\/)(?!#)[^"]/;

/** Longer ones are not compared with anything (quick-schema.ts), and would take long to be looked at. */
const PATTERNS = /"pattern":"((?:[^"\\]|\\.){0,300})"/g;
/** A repeated group that repeats inside: nobody honest writes it. */
const SLOW_PATTERN = /\((?:[^()\\]|\\.)*[+*}](?:[^()\\]|\\.)*\)[+*{]/;

/**
 * Why a tool cannot be offered as its upstream lists it, or undefined. A fault costs that tool alone.
 * `taken` tells whether a public name belongs to somebody else, `times` how often the list has the tool.
 */
export function listedFault(
  publicName: string,
  listed: UpstreamTool,
  { taken, times }: { readonly taken: boolean; readonly times: number },
): string | undefined {
  if (!PUBLIC_NAME.test(publicName)) {
    return `its public name "${visibleText(publicName, 100)}" is not 1 to 64 letters, digits, "_" or "-"`;
  }
  if (taken) return `its public name ${publicName} is that of another tool`;
  if (times > 1) return `its server lists it ${times} times, or its instances list it differently`;
  if (!isShallow(listed)) return "its definition is nested too deeply";
  const text = JSON.stringify(listed);
  if (text.length > LONGEST_DEFINITION) return `its definition has ${text.length} characters`;
  if (REMOTE_REF.test(text)) return "its schema refers to another place";
  if ([...text.matchAll(PATTERNS)].some(([, pattern = ""]) => SLOW_PATTERN.test(pattern)))
    return "its schema has a pattern that could take for ever to check";
  return undefined;
}
