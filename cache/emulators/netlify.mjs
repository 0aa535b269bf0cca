// Serves a folder as Netlify does, by the library that its command line uses:
// node netlify.mjs DIR PORT, where DIR/out is what is published.
import { createServer } from "node:http";
import { NetlifyDev } from "@netlify/dev";

const [dir, port] = process.argv.slice(2);
const off = { enabled: false };
const dev = new NetlifyDev({
  projectRoot: `${dir}/out`,
  aiGateway: off, blobs: off, edgeFunctions: off, environmentVariables: off, functions: off, images: off,
  serverAddress: `http://127.0.0.1:${port}`,
  redirects: { enabled: true }, headers: { enabled: true }, staticFiles: { enabled: true },
});
await dev.start();
createServer(async (request, response) => {
  const fields = [];
  const answer = await dev.handle(
    new Request(`http://127.0.0.1:${port}${request.url}`, { method: request.method, headers: request.headers }),
    { headersCollector: (key, value) => fields.push([key, value]) },
  );
  if (!answer) {
    response.writeHead(404).end();
    return;
  }
  response.statusCode = answer.status;
  answer.headers.forEach((value, key) => response.setHeader(key, value));
  for (const [key, value] of fields) response.setHeader(key, value);
  response.end(Buffer.from(await answer.arrayBuffer()));
}).listen(Number(port), "127.0.0.1");
