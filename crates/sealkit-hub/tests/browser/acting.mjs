// An administrator in a real browser: the pages that tell and act, the way from a kit to its quarantine,
// clicked with and without scripts, and a form of another site that is refused.
//   node acting.mjs CHROMIUM URL TOKEN [FOLDER FOR SCREENSHOTS]
import assert from "node:assert/strict";
import { start } from "./browse.mjs";

const [executablePath, base, token, shots] = process.argv.slice(2);
const PAGES = {
  history: "/kits/org%2Fkit/-/history",
  activity: "/activity",
  filtered: "/activity?action=tag&repository=org%2Fkit",
  policy: "/policy",
  advisories: "/advisories",
  admin: "/admin",
  revoke: "/admin/tokens/1",
  quarantine: "/kits/org%2Fkit/v1/quarantine?reason=concerned%20by%20dataset%3Adata.csv",
  verdict: "/kits/org%2Fkit/v1/verdict",
  deleteTag: "/kits/org%2Fkit/latest/delete",
  versions: "/kits/org%2Fkit",
  overview: "/kits/org%2Fkit/v1",
  aibom: "/kits/org%2Fkit/v1/aibom",
  owner: "/kits/org/",
  gone: "/admin/tokens/99",
};
// A program offers its token by itself: the registry asks for another kind first.
const headers = { Authorization: `Basic ${Buffer.from(`boss:${token}`).toString("base64")}` };
const always = { httpCredentials: { username: "boss", password: token } };
const { browser, open, everyPage } = await start({ executablePath, base, shots, always });

async function fromKitToQuarantine(javaScriptEnabled) {
  const { context, page, problems } = await open("light", { javaScriptEnabled });
  await page.goto(base);
  await page.getByRole("link", { name: "org/kit" }).last().click();
  await page.getByRole("link", { name: "v1", exact: true }).click();
  await page.getByText("What this hub checked").waitFor();
  await page.getByRole("link", { name: "org/kit" }).click();
  await page.getByLabel("From").selectOption("org/kit:v1");
  await page.getByLabel("To").selectOption("org/kit:v2");
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByText("weights.bin").first().waitFor();
  await page.getByRole("link", { name: "Impact" }).click();
  await page.getByRole("searchbox").fill("dataset:data.csv");
  await page.getByRole("button", { name: "Show what it concerns" }).click();
  await page.getByRole("link", { name: "Put under quarantine…" }).first().click();
  await page.getByText("no further tag can be set to it").waitFor();
  const field = page.getByLabel("Reason");
  assert.equal(await field.inputValue(), "concerned by dataset:data.csv");
  await field.fill("trained on leaked data");
  if (shots) await page.screenshot({ path: `${shots}/armed-${javaScriptEnabled}.png` });
  await page.getByRole("button", { name: "Put under quarantine" }).click();
  await page.getByText("trained on leaked data").waitFor();
  const held = new URL(page.url()).pathname.split("/").pop();
  const pull = () => context.request.get(`${base}/v2/org/kit/manifests/${held}`, { headers });
  const refused = await pull();
  assert.equal(refused.status(), 403);
  assert.match(await refused.text(), /trained on leaked data/);
  if (shots) await page.screenshot({ path: `${shots}/held-${javaScriptEnabled}.png` });
  await page.getByRole("link", { name: "Release…" }).click();
  await page.getByRole("button", { name: "Release" }).click();
  await page.getByText("What this hub checked").waitFor();
  assert.equal((await pull()).status(), 200);
  await page.goto(`${base}/kits/org%2Fkit/-/history`);
  await page.getByText("released from quarantine").first().waitFor();
  assert.deepEqual(problems, []);
  await context.close();
}

async function aTagIsDeletedInTwoSteps() {
  const { context, page, problems } = await open("light", { javaScriptEnabled: false });
  await page.goto(`${base}/kits/org%2Fkit`);
  await page.getByRole("link", { name: "Delete… latest" }).click();
  await page.getByText("whatever pulls").waitFor();
  await page.getByRole("button", { name: "Delete a tag latest" }).click();
  await page.waitForURL(`${base}/kits/org%2Fkit`);
  assert.equal(await page.getByRole("link", { name: "latest", exact: true }).count(), 0);
  await page.getByRole("link", { name: "v2", exact: true }).waitFor();
  assert.deepEqual(problems, []);
  await context.close();
}

async function aTokenIsRevoked() {
  const { context, page, problems } = await open("dark");
  await page.goto(base);
  await page.getByRole("link", { name: "Admin" }).click();
  await page.getByRole("link", { name: "Revoke… token 2" }).click();
  await page.getByText("From then on whatever uses it is refused").waitFor();
  await page.getByRole("button", { name: "Revoke token 2" }).click();
  await page.getByText("revoked just now").waitFor();
  assert.deepEqual(problems, []);
  await context.close();
}

// The browser knows the visitor, and another site uses that.
async function anotherSiteActsForNobody() {
  const context = await browser.newContext(always);
  const page = await context.newPage();
  await page.goto(`${base}/admin`);
  const target = `${base}/kits/org%2Fkit/v1/quarantine`;
  const form = `<form method=post action="${target}"><input name=act value=place>
    <input name=reason value=forged></form><script>document.forms[0].submit()</script>`;
  await context.route("http://evil.example/", (route) => route.fulfill({ contentType: "text/html", body: form }));
  const answer = page.waitForResponse(target);
  await page.goto("http://evil.example/", { waitUntil: "commit" });
  assert.equal((await answer).status(), 403);
  const pull = await context.request.get(`${base}/v2/org/kit/manifests/v1`, { headers });
  assert.equal(pull.status(), 200, "it is not under quarantine");
  await context.close();
}

try {
  await fromKitToQuarantine(true);
  await fromKitToQuarantine(false);
  await aTokenIsRevoked();
  await anotherSiteActsForNobody();
  await everyPage(PAGES, "light");
  await everyPage(PAGES, "dark");
  await aTagIsDeletedInTwoSteps();
  console.log("every page holds");
} finally {
  await browser.close();
}
