// What the scripts beside this one share: a browser, contexts that note every problem, and what holds for
// every page: axe, and no scrolling sideways at 320 px.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

export async function start({ executablePath, base, shots, always = {} }) {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

  async function open(colorScheme, options = {}) {
    const context = await browser.newContext({ colorScheme, ...always, ...options });
    const page = await context.newPage();
    const problems = [];
    page.on("pageerror", (error) => problems.push(String(error)));
    page.on("console", (message) => {
      const expected = /status of 40[14]|favicon/.test(message.text() + message.location().url);
      if (message.type() === "error" && !expected) problems.push(message.text());
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(base)) problems.push(`asked for ${request.url()}`);
    });
    return { context, page, problems };
  }

  async function everyPage(pages, colorScheme) {
    const { context, page, problems } = await open(colorScheme);
    for (const [name, path] of Object.entries(pages)) {
      for (const width of [320, 768, 1440]) {
        await page.setViewportSize({ width, height: 900 });
        await page.goto(base + path);
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(sideways <= 0, `${path} is ${sideways} px too wide at ${width}`);
        if (shots) await page.screenshot({ path: `${shots}/${name}-${width}-${colorScheme}.png` });
      }
      // Through the debugger, so that the page's own policy stays as it is.
      await page.evaluate(axe);
      const found = await page.evaluate((tags) => window.axe.run({ runOnly: tags }), TAGS);
      const serious = found.violations.filter((v) => ["serious", "critical"].includes(v.impact));
      const told = serious.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`);
      assert.deepEqual(told, [], `${path} in ${colorScheme}`);
    }
    assert.deepEqual(problems, []);
    await context.close();
  }

  return { browser, open, everyPage };
}
