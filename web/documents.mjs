// The pages under /docs, made from docs/openapi.yaml and docs/asyncapi.yaml: HTML without scripts, and both files as they are
// and as JSON.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { parse } from 'yaml';

const here = dirname(fileURLToPath(import.meta.url));
const names = ['openapi', 'asyncapi'];
const style = join(here, 'src/documents.css');
const pathOf = (name) => join(here, '../docs', `${name}.yaml`);

/** The files that the pages are made from. */
export const sources = [...names.map(pathOf), style, fileURLToPath(import.meta.url)];

/** [{path, content, immutable}], below `docs/`. */
export function documents() {
  const texts = Object.fromEntries(names.map((name) => [name, readFileSync(pathOf(name), 'utf8')]));
  const [rest, events] = names.map((name) => parse(texts[name], { maxAliasCount: 1000 }));
  const files = {
    'index.html': page('Interfaces of Parley', indexOf(rest, events)),
    'openapi.html': page(rest.info.title, restPage(rest)),
    'asyncapi.html': page(events.info.title, eventsPage(events)),
    'style.css': readFileSync(style, 'utf8'),
    'openapi.yaml': texts.openapi,
    'asyncapi.yaml': texts.asyncapi,
    'openapi.json': JSON.stringify(rest),
    'asyncapi.json': JSON.stringify(events),
  };
  return Object.entries(files).map(([name, text]) => ({ path: `docs/${name}`, content: Buffer.from(text), immutable: false }));
}

const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text) => String(text).replaceAll(/[&<>"]/g, (character) => entities[character]);

/** Paragraphs, lists, `code` and **strong words** of the documents' texts. */
function markdown(text = '') {
  const inline = (part) => escape(part).replaceAll(/`([^`]+)`/g, '<code>$1</code>').replaceAll(/\*\*([^*]+)\*\*/g, '<strong>$1</strong>');
  return text.trim().split(/\n\n/).map((block) => {
    if (!block.startsWith('- ')) return `<p>${inline(block)}</p>`;
    return `<ul>${block.split(/\n?^- /m).filter(Boolean).map((item) => `<li>${inline(item)}</li>`).join('')}</ul>`;
  }).join('\n');
}

function page(title, content) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<link rel="stylesheet" href="/docs/style.css">
</head>
<body>
<nav aria-label="Documents"><a href="/docs">Interfaces</a> <a href="/docs/openapi.html">REST</a> <a href="/docs/asyncapi.html">Socket.IO</a></nav>
<main>
<h1>${escape(title)}</h1>
${content}
</main>
</body>
</html>
`;
}

function indexOf(rest, events) {
  const entry = (name, { info }, what) => `<h2><a href="/docs/${name}.html">${escape(info.title)}</a></h2>
${markdown(what)}
<p>For programs: <a href="/docs/${name}.yaml">${name}.yaml</a>, <a href="/docs/${name}.json">${name}.json</a></p>`;
  return [entry('openapi', rest, rest.info.summary),
    entry('asyncapi', events, events.info.description.split('\n\n')[0])].join('\n');
}

/** What stands behind a reference; the value itself when it is none. */
const behind = (document, value) => (value?.$ref
  ? behind(document, value.$ref.split('/').slice(1).reduce((part, key) => part[key.replaceAll('~1', '/')], document)) : value);

/** A schema in a notation like TypeScript's, as HTML that links to the schemas it names. */
function shape(schema, indent = '') {
  if (schema.$ref) return link(schema.$ref.split('/').at(-1));
  if (schema.const !== undefined) return escape(JSON.stringify(schema.const));
  if (schema.enum) return schema.enum.map((value) => escape(JSON.stringify(value))).join(' | ');
  if (schema.oneOf) return schema.oneOf.map((each) => shape(each, indent)).join(' | ');
  if (schema.type === 'array') return `[${shape(schema.items, indent)}]`;
  if (schema.type === 'object') return objectShape(schema, indent);
  return escape([schema.type].flat().join(' | ')) + bounds(schema);
}

const link = (name) => `<a href="#schema-${escape(name)}">${escape(name)}</a>`;

function objectShape({ properties, required = [] }, indent) {
  const fields = Object.entries(properties).map(([name, schema]) => {
    const note = schema.description ? `  <i>${escape(schema.description.trim())}</i>` : '';
    return `${indent}  ${escape(name)}${required.includes(name) ? '' : '?'}: ${shape(schema, `${indent}  `)}${note}\n`;
  });
  return `{\n${fields.join('')}${indent}}`;
}

function bounds({ minimum, minLength, maxLength, pattern, default: usual }) {
  const parts = { 'at least': minimum, 'least length': minLength, 'most length': maxLength, pattern, usually: usual };
  const said = Object.entries(parts).filter(([, value]) => value !== undefined).map(([what, value]) => `${what} ${value}`);
  return said.length > 0 ? ` <i>(${escape(said.join(', '))})</i>` : '';
}

const block = (title, content) => (content ? `<h4>${escape(title)}</h4>\n<pre tabindex="0">${content}</pre>` : '');
const json = (value) => escape(JSON.stringify(value, null, 2));

function schemasOf({ components }) {
  const entries = Object.entries(components.schemas).map(([name, schema]) =>
    `<section id="schema-${escape(name)}"><h3>${escape(name)}</h3>\n${markdown(schema.description)}\n<pre tabindex="0">${shape(schema)}</pre></section>`);
  return `<h2 id="objects">Objects</h2>\n${entries.join('\n')}`;
}

function restPage(document) {
  const tags = document.tags.map(({ name, description }) => `<h2>${escape(name)}</h2>\n${markdown(description)}\n${
    callsOf(document).filter(({ operation }) => operation.tags.includes(name)).map((call) => callOf(document, call)).join('\n')}`);
  return [markdown(document.info.description), ...tags, schemasOf(document)].join('\n');
}

function callsOf({ paths }) {
  return Object.entries(paths).flatMap(([path, item]) => Object.entries(item).filter(([method]) => method !== 'parameters')
    .map(([method, operation]) => ({ path, method: method.toUpperCase(), operation, shared: item.parameters ?? [] })));
}

function callOf(document, { path, method, operation, shared }) {
  const parameters = [...shared, ...(operation.parameters ?? [])].map((each) => behind(document, each));
  return `<section id="${escape(operation.operationId)}">
<h3><code><b>${method}</b> ${escape(path)}</code></h3>
<p><strong>${escape(operation.summary)}</strong>${operation.security ? ' <small>wants an access token</small>' : ''}</p>
${markdown(operation.description)}
${block('Parameters', parameters.map((each) => parameterOf(each)).join('\n'))}
${contentOf(document, 'Body', behind(document, operation.requestBody))}
${Object.entries(operation.responses).map(([status, response]) => responseOf(document, status, behind(document, response))).join('\n')}
</section>`;
}

function parameterOf({ name, in: place, required, schema, description = '' }) {
  return `${escape(name)}${required ? '' : '?'}: ${shape(schema)}  <i>in the ${place}. ${escape(description)}</i>`;
}

function responseOf(document, status, response) {
  const isUsual = ['413', '429', 'default'].includes(status);
  const title = status === 'default' ? 'Otherwise' : status;
  const headers = Object.keys(response.headers ?? {}).map((name) => `<code>${escape(name)}</code>`).join(', ');
  const body = `${markdown(response.description)}${headers && `<p>Headers: ${headers}</p>`}${contentOf(document, 'Answer', response)}`;
  return `<details${isUsual ? '' : ' open'}><summary>${escape(title)}</summary>\n${body}</details>`;
}

function contentOf(document, title, holder) {
  return Object.entries(holder?.content ?? {}).map(([type, { schema, examples = {} }]) => {
    if (schema.type === 'string') return `<p>${escape(type)}</p>`;
    const shown = Object.values(examples).map(({ value }) => json(value)).join('\n');
    return block(title, shape(schema)) + block('Example', shown);
  }).join('\n');
}

function eventsPage(document) {
  const emitted = Object.entries(document.operations).filter(([id]) => id !== 'connect');
  const part = (title, chosen) => `<h2>${title}</h2>\n${chosen.map(([id, operation]) => eventOf(document, id, operation)).join('\n')}`;
  return [markdown(document.info.description),
    part('Connecting', [['connect', document.operations.connect]]),
    part('What a client emits', emitted.filter(([, { action }]) => action === 'receive')),
    part('What a client hears', emitted.filter(([, { action }]) => action === 'send')),
    schemasOf(document)].join('\n');
}

function eventOf(document, id, operation) {
  const message = behind(document, operation.messages[0]);
  const answer = operation.reply && behind(document, operation.reply.messages[0]);
  return `<section id="${escape(id)}">
<h3><code><b>${escape(message.name)}</b></code></h3>
<p><strong>${escape(operation.title)}</strong></p>
${markdown(operation.description)}
${payloadOf(id === 'connect' ? 'auth' : 'Payload', message)}
${answer?.payload ? payloadOf(id === 'connect' ? 'connect_error' : 'Acknowledgement', answer) : ''}
</section>`;
}

function payloadOf(title, { payload, examples = [] }) {
  return block(title, shape(payload)) + block('Example', examples.map((each) => json(each.payload)).join('\n'));
}
