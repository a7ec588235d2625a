// Writes index.d.ts, to standard output, from docs/asyncapi.yaml.
import { readFileSync } from 'node:fs';
import { parse } from 'yaml';

const { channels, components, operations } = parse(readFileSync(new URL('../../docs/asyncapi.yaml', import.meta.url), 'utf8'));

const nameOf = (reference) => reference.split('/').at(-1);
const indent = (text) => text.replaceAll('\n', '\n  ');
const comment = (text) => (text ? `/** ${text.trim().replaceAll(/\s*\n\s*/g, ' ')} */\n` : '');
const literals = (values) => values.map((value) => JSON.stringify(value)).join(' | ');

const plain = { string: 'string', integer: 'number', number: 'number', boolean: 'boolean', null: 'null' };

/** A schema as a type. */
function typeOf(schema) {
  if (schema.$ref) return nameOf(schema.$ref);
  if (schema.const !== undefined) return literals([schema.const]);
  if (schema.enum) return literals(schema.enum);
  if (schema.oneOf) return schema.oneOf.map(typeOf).join(' | ');
  if (Array.isArray(schema.type)) return schema.type.map((type) => typeOf({ ...schema, type })).join(' | ');
  if (schema.type === 'array') return `Array<${typeOf(schema.items)}>`;
  if (schema.type === 'object') return objectOf(schema);
  return plain[schema.type] ?? fail(`no type for ${JSON.stringify(schema)}`);
}

function objectOf({ properties, required = [] }) {
  const fields = Object.entries(properties).map(([name, schema]) =>
    `${comment(schema.description)}${name}${required.includes(name) ? '' : '?'}: ${typeOf(schema)};`);
  return `{\n  ${indent(fields.join('\n'))}\n}`;
}

function fail(message) {
  throw new Error(message);
}

function messageOf(reference) {
  const channelled = channels.chat.messages[nameOf(reference.$ref)];
  return components.messages[nameOf(channelled.$ref)];
}

/** An operation as a member of a map of events: `name: (payload: …, ack: (answer: …) => void) => void;` */
function eventOf(operation) {
  const message = messageOf(operation.messages[0]);
  const text = [operation.title, operation.description].filter(Boolean).join('. ');
  return `${comment(text)}${message.name}: (payload: ${typeOf(message.payload)}${acknowledgement(operation)}) => void;`;
}

function acknowledgement({ reply, 'x-acknowledgement': kind }) {
  if (!reply) return '';
  const { payload } = messageOf(reply.messages[0]);
  return `, ack${kind === 'optional' ? '?' : ''}: (${payload ? `answer: ${typeOf(payload)}` : ''}) => void`;
}

function eventsOf(action, name, text) {
  const events = Object.entries(operations).filter(([id, operation]) => operation.action === action && id !== 'connect');
  const members = events.map(([, operation]) => eventOf(operation));
  return `${comment(text)}export interface ${name} {\n  ${indent(members.join('\n'))}\n}`;
}

function schemaOf([name, schema]) {
  const isObject = schema.type === 'object';
  return `${comment(schema.description)}export ${isObject ? `interface ${name} ${objectOf(schema)}` : `type ${name} = ${typeOf(schema)};`}`;
}

const { connect, connect_error: refusal } = components.messages;
console.log([
  '// Made by generate.mjs from docs/asyncapi.yaml: change it there.',
  eventsOf('receive', 'ClientToServerEvents', 'What a client emits.'),
  eventsOf('send', 'ServerToClientEvents', 'What a client hears.'),
  `${comment('What the option `auth` of a connection holds.')}export interface Auth ${objectOf(connect.payload)}`,
  `${comment('What a `connect_error` of the server says.')}export type ConnectRefusal = ${typeOf(refusal.payload.properties.message)};`,
  ...Object.entries(components.schemas).map(schemaOf),
].join('\n\n'));
