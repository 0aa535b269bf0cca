// A gate of MPP (mppx) over the folder of the first argument, set up as the
// second says. Its method of payment moves no money: a payment is the word that
// the client was told.
import { existsSync } from "node:fs";
import express from "express";
import { Credential, Method, z } from "mppx";
import { Mppx } from "mppx/express";

const [dir, setup] = process.argv.slice(2);
const charge = Method.from({
  name: "test", intent: "charge",
  schema: { credential: { payload: z.object({ word: z.string() }) }, request: z.object({ amount: z.string(), currency: z.string(), recipient: z.string() }) },
});
const method = Method.toServer(charge, {
  async verify({ credential }) {
    if (credential.payload.word !== "paid") throw new Error("not paid");
    return { method: "test", status: "success", reference: "1", timestamp: new Date().toISOString() };
  },
});
const mppx = Mppx.create({ methods: [method], secretKey: "a key of the tests, long enough for all", realm: "127.0.0.1" });
const app = express();
app.use((req, res, next) => {
  if (req.method === "OPTIONS" && setup !== "preflight") return res.status(204).end();
  res.set("Cache-Control", "no-store");
  next();
});
app.use((req, res, next) => {
  const path = req.url.split("?")[0];
  const odd = setup === "encoded" ? /(^|\/)\.\.?(\/|$)|\/\/|\\|%(2e|2f|5c|25|00)/i : /(^|\/)\.\.?(\/|$)|\/\/|\\|%/;
  if (odd.test(path)) return res.status(400).end();
  if (!existsSync(dir + decodeURIComponent(req.path))) return res.status(404).end();
  next();
});
app.use("/club", mppx.charge({ amount: "1", currency: "usd", recipient: "club" }));
app.use(express.static(dir, { cacheControl: false, redirect: false }));
const server = app.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.on("end", () => process.exit(0)).resume();
