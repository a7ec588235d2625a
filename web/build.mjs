// Builds the client into static files, each compressed as the server will send it.
//   node build.mjs --out DIR [--cpp FILE] [--depfile FILE]
// --cpp writes the C++ source that holds them all (src/site); --depfile tells Ninja what it was made from.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

import { build } from 'esbuild';

import { documents, sources } from './documents.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const source = (name) => join(here, 'src', name);
const { values: options } = parseArgs({
  options: { out: { type: 'string', default: 'dist' }, cpp: { type: 'string' }, depfile: { type: 'string' } },
});

const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.yaml': 'application/yaml; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json; charset=utf-8',
};

/** The bundles: [{path, content}], and the files that they were made from. */
async function bundle() {
  const result = await build({
    absWorkingDir: here,
    entryPoints: { main: 'src/main.tsx', style: 'src/style.css' },
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    target: 'es2020',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'none',
    logLevel: 'warning',
    outdir: 'assets',
    entryNames: '[name]-[hash]',
  });
  const files = result.outputFiles.map((file) => ({
    path: `assets/${basename(file.path)}`,
    content: Buffer.from(file.contents),
    immutable: true,
  }));
  return { files, inputs: Object.keys(result.metafile.inputs).map((path) => join(here, path)) };
}

/** A file that is taken as it is, under a name with the hash of its content. */
function hashed(name) {
  const content = readFileSync(source(name));
  const [stem, extension] = [basename(name, extname(name)), extname(name)];
  return { path: `assets/${stem}-${digest(content).slice(0, 8)}${extension}`, content, immutable: true };
}

/** A template: `{{name.ext}}` becomes the address of that asset. */
function page(name, assets) {
  const addresses = new Map(assets.map(({ path }) => [path.replace(/^assets\/(.*)-[A-Za-z0-9]+\./, '$1.'), `/app/${path}`]));
  const text = readFileSync(source(name), 'utf8').replace(/\{\{(.+?)\}\}/g, (_, asset) => {
    if (!addresses.has(asset)) throw new Error(`${name} names ${asset}, which is not built`);
    return addresses.get(asset);
  });
  return { path: name, content: Buffer.from(text), immutable: false };
}

const digest = (content) => createHash('sha256').update(content).digest('hex').slice(0, 16);

/** Worth sending only when it saves something. */
function compressed(content) {
  const brotli = brotliCompressSync(content, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: content.length },
  });
  const gzip = gzipSync(content, { level: 9 });
  return {
    brotli: brotli.length < content.length ? brotli : Buffer.alloc(0),
    gzip: gzip.length < content.length ? gzip : Buffer.alloc(0),
  };
}

/** Bytes as a C++ string literal, in lines. Octal escapes have three digits, so nothing after them can join in. */
function literal(bytes) {
  let out = '';
  let line = '';
  for (const byte of bytes) {
    const isPlain = byte >= 32 && byte < 127 && byte !== 34 && byte !== 92 && byte !== 63;
    line += isPlain ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`;
    if (line.length > 110) {
      out += `\n    "${line}"`;
      line = '';
    }
  }
  return `${out}\n    "${line}"`;
}

function cpp(files) {
  const entries = files.map(({ path, content, immutable, brotli, gzip }) => {
    const view = (bytes) => `{${literal(bytes)}, ${bytes.length}}`;
    const type = types[extname(path)];
    return `  {"${path}", "${type}", "${digest(content)}", ${immutable},\n   ${[content, gzip, brotli].map(view).join(',\n   ')}},\n`;
  });
  return `// Made by web/build.mjs.
#include <array>

#include "site/file.hpp"

namespace parley::site {
namespace {
constexpr std::array<File, ${files.length}> built{{
${entries.join('')}}};
}  // namespace

std::span<const File> files() { return built; }
}  // namespace parley::site
`;
}

const { files: bundles, inputs } = await bundle();
const assets = [...bundles, hashed('icon.svg')];
const pages = ['index.html', 'app.webmanifest'].map((name) => page(name, assets));
const files = [...pages, ...assets, ...documents()].map((file) => ({ ...file, ...compressed(file.content) }));

rmSync(options.out, { recursive: true, force: true });
for (const { path, content } of files) {
  const target = join(options.out, path);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content);
}
if (options.cpp) {
  mkdirSync(dirname(options.cpp), { recursive: true });
  writeFileSync(options.cpp, cpp(files));
}
if (options.depfile) {
  const made = [...inputs, ...sources, ...['icon.svg', 'index.html', 'app.webmanifest'].map(source)];
  writeFileSync(options.depfile, `${options.cpp}: ${made.map((path) => path.replaceAll(' ', '\\ ')).join(' \\\n  ')}\n`);
}
const total = (coding) => files.reduce((sum, file) => sum + (file[coding].length || file.content.length), 0);
console.error(`${files.length} files in ${relative(process.cwd(), options.out) || '.'}: ${total('content')} bytes, ` +
  `${total('gzip')} with gzip, ${total('brotli')} with brotli`);
