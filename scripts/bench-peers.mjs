// The measuring half of bench-peers.sh: node bench-peers.mjs ROOT SITE…
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { cpSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';

const [root, ...specs] = process.argv.slice(2);
const peers = join(root, 'tmp/peers');
const runs = Number(process.env.BENCH_RUNS || 3);
const hone = join(peers, 'hone');
const jampack = join(peers, 'tools/node_modules/.bin/jampack');

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];

// measured runs a command and returns its CPU seconds and its peak in KiB.
function measured(cwd, command) {
  execFileSync(join(peers, 'rusage'), [join(peers, 'rusage.json'), ...command], { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  return JSON.parse(readFileSync(join(peers, 'rusage.json')));
}

// repeat measures runs; cold ones begin with an empty cache.
function repeat(prepare, run) {
  const all = [];
  for (let i = 0; i < runs; i++) {
    prepare();
    all.push(run());
  }
  return { cpu: median(all.map((r) => r.cpu)), rss: median(all.map((r) => r.rss)) };
}

// bench runs both tools on a site; what they wrote stays for the browser.
function bench(name) {
  const source = join(peers, 'sites', name);
  const work = join(peers, 'work', name);
  const fresh = () => { rmSync(work, { recursive: true, force: true }); mkdirSync(work, { recursive: true }); };
  // jampack edits in place: each of its runs gets a copy.
  const copy = () => { rmSync(join(work, 'jampack'), { recursive: true, force: true }); cpSync(source, join(work, 'jampack'), { recursive: true }); };
  const runJampack = () => measured(work, [process.execPath, jampack, 'pack', 'jampack']);
  const runHone = () => measured(work, [hone, 'build', '--no-progress', '-o', 'hone', source]);
  const result = { source, jampackDir: join(work, 'jampack'), honeDir: join(work, 'hone') };
  result.jampack = { cold: repeat(() => { fresh(); copy(); }, runJampack), warm: repeat(copy, runJampack) };
  const drop = () => { for (const d of ['hone', '.hone']) rmSync(join(work, d), { recursive: true, force: true }); };
  result.hone = { cold: repeat(drop, runHone), warm: repeat(() => {}, runHone) };
  return result;
}

const types = {
  '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.mjs': 'text/javascript', '.json': 'application/json',
  '.svg': 'image/svg+xml', '.png': 'image/png', '.jpg': 'image/jpeg', '.jpeg': 'image/jpeg', '.webp': 'image/webp', '.avif': 'image/avif',
  '.gif': 'image/gif', '.ico': 'image/x-icon', '.woff2': 'font/woff2', '.woff': 'font/woff', '.ttf': 'font/ttf', '.xml': 'application/xml',
};

// serve answers from a folder with gzip for text, the same for everybody: what
// a tool compressed beforehand is not used.
async function serve(folder, seen) {
  const server = createServer((request, response) => {
    let path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname));
    if (path.endsWith('/')) path += 'index.html';
    let body;
    try {
      if (statSync(join(folder, path)).isFile()) body = readFileSync(join(folder, path));
    } catch { /* answered below */ }
    const type = types[extname(path).toLowerCase()] || 'application/octet-stream';
    const headers = { 'Content-Type': type };
    if (body && /^text|json|xml/.test(type)) {
      body = gzipSync(body);
      headers['Content-Encoding'] = 'gzip';
    }
    if (!path.endsWith('/favicon.ico') || body) seen.push(body ? body.length : 0);
    response.writeHead(body ? 200 : 404, headers).end(body);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

// visit loads the index page, then scrolls through it, and returns requests and
// body bytes after each. Other hosts are not reached.
async function visit(browser, folder) {
  const seen = [];
  const server = await serve(folder, seen);
  const origin = `http://127.0.0.1:${server.address().port}`;
  const page = await browser.newPage({ viewport: { width: 1350, height: 940 } });
  await page.route((url) => url.origin !== origin, (route) => route.abort());
  const total = () => ({ requests: seen.length, bytes: seen.reduce((a, b) => a + b, 0) });
  await page.goto(origin + '/', { waitUntil: 'networkidle' });
  const load = total();
  await page.evaluate(async () => {
    for (let y = 0; y < document.documentElement.scrollHeight; y += 300) {
      window.scrollTo(0, y);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
  });
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(500);
  const scrolled = total();
  await page.close();
  server.closeAllConnections();
  server.close();
  return { load, scrolled };
}

// account asks hone for the requests and bytes of the index page.
function account(folder) {
  const out = execFileSync(hone, ['check', '--json', '--fail-on', 'never', '--meta', join(peers, 'meta'), folder], { maxBuffer: 1 << 28 });
  const { before } = JSON.parse(out).pages.find((p) => p.path === 'index.html');
  return { load: before, scrolled: before };
}

function table(rows) {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((r) => r[i].length)));
  rows.forEach((row, n) => {
    console.log('| ' + row.map((cell, i) => (i ? cell.padStart(widths[i]) : cell.padEnd(widths[i]))).join(' | ') + ' |');
    if (n === 0) console.log('|' + widths.map((w, i) => (i ? '-'.repeat(w + 1) + ':' : '-'.repeat(w + 2))).join('|') + '|');
  });
}

const number = (n) => n.toLocaleString('en-US');
const mega = (kib) => (kib / 1024).toFixed(0);
const ratio = (a, b) => (b ? (a / b).toFixed(2) : '-');

let browser;
if (process.env.CHROMIUM) {
  const { chromium } = createRequire(join(peers, 'tools/package.json'))('playwright-core');
  browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ['--no-sandbox'] });
}
const pages = [['index page', 'requests at load', 'bytes at load', 'requests scrolled', 'bytes scrolled']];
const costs = [['run', 'CPU s cold', 'CPU s warm', 'peak MiB cold', 'peak MiB warm']];
for (const spec of specs) {
  const name = spec.replace(/@[^@]*$/, '');
  console.error(`bench ${name}`);
  const r = bench(name);
  const look = (folder) => (browser ? visit(browser, folder) : account(folder));
  const before = await look(r.source), theirs = await look(r.jampackDir), ours = await look(r.honeDir);
  const short = name.replace('startbootstrap-', '');
  const row = (who, v) => pages.push([`${short}: ${who}`, `${v.load.requests}`, number(v.load.bytes), `${v.scrolled.requests}`, number(v.scrolled.bytes)]);
  row('source', before);
  row('jampack', theirs);
  row('hone', ours);
  pages.push([`${short}: hone / jampack`, ratio(ours.load.requests, theirs.load.requests), ratio(ours.load.bytes, theirs.load.bytes),
    ratio(ours.scrolled.requests, theirs.scrolled.requests), ratio(ours.scrolled.bytes, theirs.scrolled.bytes)]);
  for (const who of ['jampack', 'hone']) {
    const { cold, warm } = r[who];
    costs.push([`${short}: ${who}`, cold.cpu.toFixed(2), warm.cpu.toFixed(3), mega(cold.rss), mega(warm.rss)]);
  }
  costs.push([`${short}: hone / jampack`, ratio(r.hone.cold.cpu, r.jampack.cold.cpu), ratio(r.hone.warm.cpu, r.jampack.warm.cpu),
    ratio(r.hone.cold.rss, r.jampack.cold.rss), ratio(r.hone.warm.rss, r.jampack.warm.rss)]);
}
await browser?.close();
console.log(browser ? 'The index page in Chromium, 1350 × 940, gzip for text from one server:\n' : 'The index page as hone accounts for it (no Chromium found):\n');
table(pages);
console.log(`\nThe run, median of ${runs}; jampack's figures leave out its esbuild child, which it does not wait for:\n`);
table(costs);
