"use strict";

/**
 * Makes the pictures of the README from the running program: `docs/images/demo.svg`, the terminal of a demo, and
 * `docs/images/report.png`, its report. Needs tmux and chromium on PATH and a built tree:
 * node scripts/record-demo.cjs
 */
const { execFileSync } = require("node:child_process");
const { mkdirSync, mkdtempSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

const ROOT = join(__dirname, "..");
const IMAGES = join(ROOT, "docs", "images");
const [COLUMNS, ROWS] = [118, 110];
const [CELL_WIDTH, LINE_HEIGHT, FONT_SIZE, MARGIN] = [8, 16, 13.3, 16];
const ESCAPE = String.fromCharCode(27);
const STYLE = `${ESCAPE}\\[[0-9;]*m`;
const SECONDS_TO_WAIT = 120;
const BACKGROUND = "#14181f";
const TEXT = "#d5dbe3";
/** What the demo uses of a terminal's colours: codes of "select graphic rendition". */
const COLOURS = { 31: "#f0716f", 32: "#63c174", 33: "#d9b44a", 34: "#6aa6f0", 36: "#58b9c4" };

const pause = (milliseconds) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);

/** Runs the demo in a terminal of tmux and returns what that shows at the end, colours included. */
function terminalOfDemo(home) {
  const socket = `quantwright-record-${process.pid}`;
  const tmux = (...args) => execFileSync("tmux", ["-L", socket, ...args], { cwd: ROOT, encoding: "utf8" });
  tmux("new-session", "-d", "-x", String(COLUMNS), "-y", String(ROWS), "-e", `QUANTWRIGHT_HOME=${home}`, "sh");
  try {
    tmux("send-keys", "PS1='$ '; clear", "Enter");
    pause(500);
    tmux("send-keys", "node bin/quantwright.cjs demo", "Enter");
    for (let second = 0; second < SECONDS_TO_WAIT; second += 1) {
      pause(1000);
      if (tmux("capture-pane", "-p").includes("Done in")) return tmux("capture-pane", "-e", "-p");
    }
    throw new Error(`the demo did not end within ${SECONDS_TO_WAIT} s:\n${tmux("capture-pane", "-p")}`);
  } finally {
    tmux("kill-server");
  }
}

/** Splits lines with escape sequences into runs of one style. A style lasts over line ends. */
function styledLines(text) {
  let style = { colour: TEXT, dim: false, bold: false };
  return text
    .trimEnd()
    .split("\n")
    .map((line) => {
      const runs = [];
      let column = 0;
      for (const part of line.split(new RegExp(`(${STYLE})`))) {
        if (part.startsWith(ESCAPE)) style = styleAfter(style, part.slice(2, -1).split(";").map(Number));
        else if (part !== "") {
          runs.push({ ...style, column, text: part });
          column += [...part].length;
        }
      }
      return runs;
    });
}

function styleAfter(before, codes) {
  return codes.reduce((style, code) => {
    if (code === 0) return { colour: TEXT, dim: false, bold: false };
    if (code === 1) return { ...style, bold: true };
    if (code === 2) return { ...style, dim: true };
    if (code === 22) return { ...style, bold: false, dim: false };
    if (code === 39) return { ...style, colour: TEXT };
    return COLOURS[code] === undefined ? style : { ...style, colour: COLOURS[code] };
  }, before);
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** One line of runs as SVG; every piece has its place and width, so that columns meet in any monospaced font. */
function svgLine(runs, row) {
  const y = MARGIN + row * LINE_HEIGHT + FONT_SIZE;
  return runs
    .flatMap((run) =>
      [...run.text.matchAll(/\S+(?: \S+)*/g)].map((piece) => ({ ...run, piece: piece[0], at: piece.index })),
    )
    .map(({ piece, at, column, colour, dim, bold }) => {
      const style = `${dim ? ' opacity="0.62"' : ""}${bold ? ' font-weight="bold"' : ""}`;
      const place = `x="${MARGIN + (column + at) * CELL_WIDTH}" y="${y}" textLength="${piece.length * CELL_WIDTH}"`;
      return `<text ${place} fill="${colour}"${style}>${escaped(piece)}</text>`;
    })
    .join("");
}

function svgOf(lines) {
  const width = 2 * MARGIN + COLUMNS * CELL_WIDTH;
  const height = 2 * MARGIN + lines.length * LINE_HEIGHT;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<rect width="100%" height="100%" rx="8" fill="${BACKGROUND}"/>`,
    `<g font-family="ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT_SIZE}">`,
    ...lines.map(svgLine).filter((line) => line !== ""),
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

function screenshot(report, home) {
  const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  execFileSync(
    "chromium",
    [
      ...asRoot,
      "--headless",
      "--disable-gpu",
      "--hide-scrollbars",
      `--user-data-dir=${join(home, "chromium")}`,
      "--window-size=1000,1250",
      `--screenshot=${join(IMAGES, "report.png")}`,
      `file://${report}`,
    ],
    { stdio: "ignore", timeout: 60_000 },
  );
}

const home = mkdtempSync(join(tmpdir(), "quantwright-record-"));
try {
  mkdirSync(IMAGES, { recursive: true });
  const terminal = terminalOfDemo(home);
  writeFileSync(join(IMAGES, "demo.svg"), svgOf(styledLines(terminal)));
  const report = new RegExp(`report with charts\\s+(?:${STYLE})*(\\S+\\.html)`).exec(terminal)?.[1];
  if (report === undefined) throw new Error("the demo named no report");
  screenshot(report, home);
} finally {
  rmSync(home, { recursive: true, force: true });
}
