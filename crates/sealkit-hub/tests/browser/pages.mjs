// Every page of a hub in a real browser: axe in both themes, no scrolling sideways at 320 px, the
// keyboard, and the way from the list to a comparison, clicked.
//   node pages.mjs CHROMIUM URL [FOLDER FOR SCREENSHOTS]
import assert from "node:assert/strict";
import { start } from "./browse.mjs";

const [executablePath, base, shots] = process.argv.slice(2);
const PAGES = {
  home: "/",
  versions: "/kits/org%2Fkit",
  overview: "/kits/org%2Fkit/v1",
  files: "/kits/org%2Fkit/v1/files",
  markdown: "/kits/org%2Fkit/v1/preview?file=GUIDE.md",
  text: "/kits/org%2Fkit/v1/preview?file=GUIDE.md&as=text",
  headers: "/kits/org%2Fkit/v1/preview?file=m.safetensors",
  bytes: "/kits/org%2Fkit/v1/preview?file=m.safetensors&as=hex",
  noFile: "/kits/org%2Fkit/v1/preview?file=none",
  tensors: "/kits/org%2Fkit/v1/tensors",
  aibom: "/kits/org%2Fkit/v1/aibom",
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
  owner: "/kits/org/",
  rich: "/kits/org%2Fsorrel/v1",
  richFiles: "/kits/org%2Fsorrel/v1/files",
  richTensors: "/kits/org%2Fsorrel/v1/tensors#tensor-encoder.layer.3.mlp.weight",
  richSecurity: "/kits/org%2Fsorrel/v1/security",
  richRaw: "/kits/org%2Fsorrel/v1/raw",
  parquet: "/kits/org%2Fsorrel/v1/preview?file=data%2Ftrain.parquet",
  csv: "/kits/org%2Fsorrel/v1/preview?file=data%2Flabels.csv",
  notebook: "/kits/org%2Fsorrel/v1/preview?file=src%2Flook.ipynb",
  picture: "/kits/org%2Fsorrel/v1/preview?file=curve.png",
  graph: "/kits/org%2Fsorrel/v1/preview?file=model%2Fexport%2Fm.onnx",
  pickle: "/kits/org%2Fsorrel/v1/preview?file=model%2Fexport%2Foptimizer.pkl",
  failed: "/kits/none",
};

const { browser, open, everyPage } = await start({ executablePath, base, shots });

async function clickThrough(javaScriptEnabled) {
  const { context, page, problems } = await open("light", { javaScriptEnabled });
  await page.goto(base);
  await page.getByRole("region", { name: "kits", exact: true }).getByRole("link", { name: "org/kit" }).click();
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

async function theKeyboardIsEnough() {
  const { context, page, problems } = await open("light", { permissions: ["clipboard-read", "clipboard-write"] });
  const copied = () => page.evaluate(() => navigator.clipboard.readText());
  await page.goto(`${base}/search`);
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog", { name: "Keys" }).waitFor({ state: "hidden" });
  await page.keyboard.press("g");
  await page.keyboard.press("h");
  await page.waitForURL(`${base}/`);
  const focused = () => page.evaluate(() => document.activeElement.getAttribute("href"));
  await page.keyboard.press("j");
  assert.match(await focused(), /^\/kits\/org%2F/);
  for (let rows = 0; rows < 10 && (await focused()) !== "/kits/org%2Fkit"; rows++) await page.keyboard.press("j");
  assert.equal(await focused(), "/kits/org%2Fkit");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/kits/org%2Fkit");
  await page.keyboard.press("j");
  const first = await focused();
  await page.keyboard.press("j");
  assert.notEqual(await focused(), first);
  await page.keyboard.press("k");
  assert.equal(await focused(), first);
  await page.keyboard.press("Enter");
  await page.waitForURL("**/kits/org%2Fkit/v1");
  await page.keyboard.press("y");
  await page.getByText(/^Copied .*org\/kit@sha256:/).waitFor();
  const pinned = await copied();
  assert.match(pinned, /\/org\/kit@sha256:[0-9a-f]{64}$/);
  await page.locator("main dl.facts code[title]").first().click();
  await page.getByText("Digest copied").waitFor();
  assert.ok(pinned.endsWith(await copied()));
  // Letters that are typed are letters.
  await page.goto(`${base}/`);
  await page.keyboard.press("/");
  await page.keyboard.type("gh?jk");
  assert.equal(await page.getByRole("searchbox").first().inputValue(), "gh?jk");
  assert.deepEqual(problems, []);
  await context.close();
}

try {
  await everyPage(PAGES, "light");
  await everyPage(PAGES, "dark");
  await clickThrough(true);
  await clickThrough(false);
  await scriptEnhances();
  await theKeyboardIsEnough();
  console.log("every page holds");
} finally {
  await browser.close();
}
