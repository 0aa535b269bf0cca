// A client that pays: the command of paywall.proof. It reads what hone says of
// a challenge and prints the header field that proves a payment. The key is
// worth nothing anywhere.
import { Challenge, Credential } from "mppx";
import { x402Client, x402HTTPClient } from "@x402/core/client";
import { ExactEvmScheme } from "@x402/evm/exact/client";
import { privateKeyToAccount } from "viem/accounts";

let text = "";
for await (const part of process.stdin) text += part;
const ask = JSON.parse(text);
const header = (name) => Object.entries(ask.header).find(([k]) => k.toLowerCase() === name.toLowerCase())?.[1][0];
if (ask.scheme === "mpp") {
  const challenge = Challenge.deserialize(header("WWW-Authenticate"));
  console.log(`Authorization: ${Credential.serialize(Credential.from({ challenge, payload: { word: "paid" } }))}`);
  process.exit(0);
}
const client = new x402HTTPClient(new x402Client().register("eip155:*", new ExactEvmScheme(privateKeyToAccount("0x" + "01".repeat(32)))));
const required = client.getPaymentRequiredResponse(header, ask.body.startsWith("{") ? JSON.parse(ask.body) : {});
const payload = await client.createPaymentPayload(required);
for (const [k, v] of Object.entries(client.encodePaymentSignatureHeader(payload))) console.log(`${k}: ${v}`);
