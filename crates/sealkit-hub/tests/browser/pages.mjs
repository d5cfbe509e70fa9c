// Every page of a hub in a real browser: axe in both themes, no scrolling sideways at 320 px, the
// keyboard, and the way from the list to a comparison, clicked.
//   node pages.mjs CHROMIUM URL [FOLDER FOR SCREENSHOTS]
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const [executablePath, base, shots] = process.argv.slice(2);
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const PAGES = {
  home: "/",
  versions: "/kits/org%2Fkit",
  overview: "/kits/org%2Fkit/v1",
  files: "/kits/org%2Fkit/v1/files",
  tensors: "/kits/org%2Fkit/v1/tensors",
  security: "/kits/org%2Ftrust/v1/security",
  provenance: "/kits/org%2Ftrust/v1/provenance",
  lineage: "/kits/org%2Ftrust/v1/lineage",
  unstated: "/kits/org%2Fkit/v1/provenance",
  alone: "/kits/org%2Fkit/v1/lineage",
  attached: "/kits/org%2Fkit/v1/attached",
  raw: "/kits/org%2Fkit/v1/raw",
  compare: "/compare?a=org/kit:v1&b=org/kit:v2",
  compareText: "/compare/text?a=org/kit:v1&b=org/kit:v2&file=GUIDE.md",
  compareTensors: "/compare/tensors?a=org/kit:v1&b=org/kit:v2",
  ask: "/compare",
  search: "/search",
  narrowed: "/search?q=kit&format=csv",
  nothing: "/search?q=nobody",
  impact: "/impact?of=dataset:data.csv",
  question: "/impact",
  marks: "/help/marks",
  api: "/help/api",
  failed: "/kits/none",
};

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

async function open(colorScheme, options = {}) {
  const context = await browser.newContext({ colorScheme, ...options });
  const page = await context.newPage();
  const problems = [];
  page.on("pageerror", (error) => problems.push(String(error)));
  page.on("console", (message) => {
    const expected = /status of 404|favicon/.test(message.text() + message.location().url);
    if (message.type() === "error" && !expected) problems.push(message.text());
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(base)) problems.push(`asked for ${request.url()}`);
  });
  return { context, page, problems };
}

async function everyPage(colorScheme) {
  const { context, page, problems } = await open(colorScheme);
  for (const [name, path] of Object.entries(PAGES)) {
    for (const width of [320, 768, 1440]) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto(base + path);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(sideways <= 0, `${path} is ${sideways} px too wide at ${width}`);
      if (shots) await page.screenshot({ path: `${shots}/${name}-${width}-${colorScheme}.png` });
    }
    // Through the debugger, so that the page's own policy stays as it is.
    await page.evaluate(axe);
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const found = await page.evaluate((tags) => window.axe.run({ runOnly: tags }), tags);
    const serious = found.violations.filter((v) => ["serious", "critical"].includes(v.impact));
    const told = serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`);
    assert.deepEqual(told, [], `${path} in ${colorScheme}`);
  }
  assert.deepEqual(problems, []);
  await context.close();
}

async function clickThrough(javaScriptEnabled) {
  const { context, page, problems } = await open("light", { javaScriptEnabled });
  await page.goto(base);
  await page.getByRole("link", { name: "org/kit" }).click();
  await page.getByRole("link", { name: "v1", exact: true }).click();
  assert.match(await page.textContent("h1"), /v1/);
  await page.getByRole("link", { name: "Files" }).click();
  await page.getByText("data.csv").first().waitFor();
  await page.getByRole("link", { name: "org/kit" }).click();
  await page.getByLabel("From").selectOption("org/kit:v1");
  await page.getByLabel("To").selectOption("org/kit:v2");
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByText("weights.bin").first().waitFor();
  // From a search to who is concerned.
  await page.getByRole("link", { name: "Search" }).click();
  await page.getByRole("searchbox").fill("kit");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("link", { name: "org/kit" }).waitFor();
  await page.getByRole("link", { name: "Impact" }).click();
  await page.getByRole("searchbox").fill("dataset:data.csv");
  await page.getByRole("button", { name: "Show what it concerns" }).click();
  await page.getByText("contains it").first().waitFor();
  assert.match(await page.textContent("main"), /sealkit quarantine/);
  assert.deepEqual(problems, []);
  await context.close();
}

async function scriptEnhances() {
  const { context, page } = await open("light");
  await page.goto(base);
  await page.keyboard.press("/");
  assert.equal(await page.evaluate(() => document.activeElement.name), "q");
  await page.keyboard.type("kit");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/search?q=kit");
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const light = await ground();
  const theme = page.getByRole("button", { name: /^Theme/ });
  await theme.click();
  await theme.click();
  const dark = await ground();
  assert.notEqual(dark, light);
  await page.reload();
  assert.equal(await ground(), dark, "the choice is kept");
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await context.close();
}

try {
  await everyPage("light");
  await everyPage("dark");
  await clickThrough(true);
  await clickThrough(false);
  await scriptEnhances();
  console.log("every page holds");
} finally {
  await browser.close();
}
