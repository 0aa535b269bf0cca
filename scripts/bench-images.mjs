// The sharp side of scripts/bench-images.sh: encodes the cuts at several
// qualities and the whole ladder of every photograph, one thread, and writes
// the files and the CPU time of each.
import { createRequire } from 'node:module';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const root = process.argv[2];
const sharp = createRequire(join(root, 'tools/package.json'))('sharp');
sharp.concurrency(1);
sharp.cache(false);

const list = JSON.parse(readFileSync(join(root, 'list.json')));
const out = join(root, 'sharp');
mkdirSync(out, { recursive: true });
const rows = [];

async function timed(make) {
	const t = process.cpuUsage();
	const bytes = await make();
	const d = process.cpuUsage(t);
	return [bytes, (d.user + d.system) / 1e6];
}

async function encode(cut, format, quality, ext, make) {
	const { data, info } = await sharp(cut).raw().toBuffer({ resolveWithObject: true });
	const [bytes, cpu] = await timed(() => make(sharp(data, { raw: info })).toBuffer());
	const file = join(out, `${basename(cut)}.${format}.${quality}${ext}`);
	writeFileSync(file, bytes);
	rows.push({ cut, format, quality, file, bytes: bytes.length, cpu });
}

await sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } }).avif().toBuffer(); // start-up
for (const cut of list.photos) {
	for (const q of [55, 70, 82]) await encode(cut, 'jpeg', q, '.jpg', (s) => s.jpeg({ quality: q, mozjpeg: true }));
	for (const q of [40, 52, 64]) await encode(cut, 'avif-same-speed', q, '.avif', (s) => s.avif({ quality: q, effort: 1, chromaSubsampling: '4:2:0' }));
	for (const q of [48]) await encode(cut, 'avif-default', q, '.avif', (s) => s.avif({ quality: q }));
}
for (const cut of list.graphics) {
	await encode(cut, 'webp', 100, '.webp', (s) => s.webp({ lossless: true, effort: 4 }));
	await encode(cut, 'png', 9, '.png', (s) => s.png({ compressionLevel: 9, adaptiveFiltering: true }));
}
// What jampack 0.34.1 makes of a photograph, at the widths that both are given:
// each file from the source anew.
const formats = {
	jpeg: (s) => s.jpeg({ quality: 75, mozjpeg: true }),
	webp: (s) => s.webp({ quality: 77, effort: 4 }),
	avif: (s) => s.avif({ quality: 60, effort: 4 }),
};
for (const photo of list.ladder) {
	const source = readFileSync(photo);
	const all = { bytes: 0, cpu: 0 };
	for (const [format, to] of Object.entries(formats)) {
		let bytes = 0;
		const [, cpu] = await timed(async () => {
			for (const width of list.widths) bytes += (await to(sharp(source).resize({ width, withoutEnlargement: true })).toBuffer()).length;
		});
		rows.push({ cut: photo, format: `ladder-${format}`, quality: 0, file: '', bytes, cpu });
		all.bytes += bytes;
		all.cpu += cpu;
	}
	rows.push({ cut: photo, format: 'ladder', quality: 0, file: '', ...all });
}
writeFileSync(join(root, 'sharp.json'), JSON.stringify(rows));
