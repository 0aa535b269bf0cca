// A gate of x402 version 2 over the folder of the first argument, set up as the
// second says. The facilitator is in this process and moves no money, but it
// checks the EIP-712 signature of each authorization and that its nonce is new.
import express from "express";
import { paymentMiddleware, x402ResourceServer } from "@x402/express";
import { ExactEvmScheme } from "@x402/evm/exact/server";
import { authorizationTypes } from "@x402/evm";
import { verifyTypedData } from "viem";
import { existsSync } from "node:fs";

const [dir, setup] = process.argv.slice(2);
const network = "eip155:8453";
const spent = new Set();

async function verify(payload, req) {
  const { authorization: a, signature } = payload.payload;
  const ok = await verifyTypedData({
    address: a.from,
    domain: { name: req.extra.name, version: req.extra.version, chainId: 8453, verifyingContract: req.asset },
    types: authorizationTypes,
    primaryType: "TransferWithAuthorization",
    message: { ...a, value: BigInt(a.value), validAfter: BigInt(a.validAfter), validBefore: BigInt(a.validBefore) },
    signature,
  }).catch(() => false);
  const now = Date.now() / 1000;
  const valid = ok && a.to.toLowerCase() === req.payTo.toLowerCase() && BigInt(a.value) >= BigInt(req.amount) &&
    Number(a.validAfter) <= now && now < Number(a.validBefore) && !spent.has(a.nonce);
  return valid ? { isValid: true, payer: a.from } : { isValid: false, invalidReason: "invalid_exact_evm_payload_signature" };
}

const facilitator = {
  getSupported: async () => ({ kinds: [{ x402Version: 2, scheme: "exact", network }], extensions: [], signers: {} }),
  verify,
  settle: async (payload) => {
    spent.add(payload.payload.authorization.nonce);
    return { success: true, transaction: "0x" + "0".repeat(64), network, payer: payload.payload.authorization.from };
  },
};

const route = { accepts: { scheme: "exact", price: "$0.01", network, payTo: "0x1111111111111111111111111111111111111111" }, description: "club" };
const routes = {
  right: { "/club/*": route },
  dots: { "/club/*": route },
  missing: { "/club/*": route },
  page: { "/club/*": route },
  preflight: { "/club/*": route },
  overmatch: { "/c*": route },
  method: { "GET /club/*": route },
  alias: { "/club/report.html": route, "/club": route },
}[setup];

const app = express();
if (setup !== "preflight") {
  app.use((req, res, next) => {
    res.set("Access-Control-Allow-Origin", "*").set("Access-Control-Expose-Headers", "PAYMENT-REQUIRED, PAYMENT-RESPONSE");
    if (req.method !== "OPTIONS") return next();
    res.set("Access-Control-Allow-Headers", "PAYMENT-SIGNATURE").status(204).end();
  });
}
if (setup !== "dots") {
  // One spelling of a path only: the gate compares text, the file server does not.
  app.use((req, res, next) => {
    const path = req.url.split("?")[0];
    if (/(^|\/)\.\.?(\/|$)|\/\/|\\|%(2e|2f|5c|25|00)/i.test(path)) return res.status(400).end();
    next();
  });
}
app.use((req, res, next) => { res.set("Cache-Control", "no-store"); next(); });
if (setup !== "missing") {
  // What is not there is not sold.
  app.use((req, res, next) => (existsSync(dir + decodeURIComponent(req.path)) ? next() : res.status(404).end()));
}
// Without a provider the page of the library has nothing on it that leads on.
const page = { generateHtml: () => '<!doctype html><html lang="en"><title>Club</title><p>Members read this. <a href="/contact.html">Join</a>' };
app.use(paymentMiddleware(routes, new x402ResourceServer(facilitator).register(network, new ExactEvmScheme()), undefined, setup === "page" ? undefined : page));
app.use(express.static(dir, { cacheControl: false, redirect: false }));
const server = app.listen(0, "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}`));
process.stdin.on("end", () => process.exit(0)).resume(); // whoever started it is gone
