// Verifies a bundle with the WebAssembly module, under Node or (with `fetch` for the files) in a
// browser: node verify.mjs MODULE.wasm BUNDLE TRUST.json sha256:DIGEST [UNIX-SECONDS]
import { readFile } from "node:fs/promises";

const [module, bundle, trust, subject, now = Math.floor(Date.now() / 1000)] = process.argv.slice(2);
if (!subject) {
  console.error("usage: node verify.mjs MODULE.wasm BUNDLE TRUST.json sha256:DIGEST [UNIX-SECONDS]");
  process.exit(2);
}

// No imports: the module can reach nothing but the bytes that it is given.
const { instance } = await WebAssembly.instantiate(await readFile(module), {});
const { memory, input, verify, output, output_length } = instance.exports;

const question = new TextEncoder().encode(
  JSON.stringify({
    bundle: await readFile(bundle, "utf8"),
    trust: await readFile(trust, "utf8"),
    subject,
    now: Number(now),
  }),
);
const at = input(question.length);
if (at === 0) {
  console.error("the bundle is too large");
  process.exit(2);
}
new Uint8Array(memory.buffer, at, question.length).set(question);
const code = verify();
const answer = new Uint8Array(memory.buffer, output(), output_length());
console.log(new TextDecoder().decode(answer));
process.exit(code);
