/** A document of the interface: finds its parts, validates values by its schemas, and counts what was seen of them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { parse } from 'yaml';

import { repository } from '../lib/server.js';

export const textOf = (path) => readFileSync(join(repository, path), 'utf8');

export class Description {
  /** @param path of a YAML file in the repository */
  constructor(path) {
    this.document = parse(textOf(path));
    this.ajv = new Ajv({ strict: false, allErrors: true });
    formats(this.ajv);
    this.ajv.addSchema(close(this.document), 'it');
    /** Pointers of properties that came. */
    this.seen = new Set();
  }

  /** The pointer of what stands there, behind references: [pointer, value]. */
  at(pointer) {
    const value = pointer.split('/').slice(1).reduce((part, key) => part?.[unescape(key)], this.document);
    assert.notEqual(value, undefined, `${pointer} is not in the document`);
    return value?.$ref ? this.at(value.$ref) : [pointer, value];
  }

  /** Asserts that a value is what the schema at a pointer says, and remembers which of its properties came. */
  check(pointer, value, what) {
    const errors = this.errors(pointer, value);
    assert.ok(!errors, `${what} is not as ${pointer} says: ${errors}\n${JSON.stringify(value, null, 1)}`);
    this.mark(pointer, value);
  }

  errors(pointer, value) {
    const validate = this.ajv.getSchema(`it${encodeURI(pointer)}`);
    return validate(value) ? undefined : this.ajv.errorsText(validate.errors);
  }

  mark(start, value) {
    const [pointer, schema] = this.at(start);
    for (const [index] of (schema.oneOf ?? []).entries()) {
      if (!this.errors(`${pointer}/oneOf/${index}`, value)) this.mark(`${pointer}/oneOf/${index}`, value);
    }
    if (Array.isArray(value) && schema.items) value.forEach((item) => this.mark(`${pointer}/items`, item));
    for (const name of Object.keys(schema.properties ?? {})) {
      if (value?.[name] === undefined) continue;
      this.seen.add(`${pointer}/properties/${name}`);
      this.mark(`${pointer}/properties/${name}`, value[name]);
    }
  }

  /** Pointers of the properties below a schema that never came. */
  unseen(start, found = new Set(), visited = new Set()) {
    const [pointer, schema] = this.at(start);
    if (visited.has(pointer)) return found;
    visited.add(pointer);
    const below = (part) => this.unseen(`${pointer}/${part}`, found, visited);
    for (const index of (schema.oneOf ?? []).keys()) below(`oneOf/${index}`);
    if (schema.items) below('items');
    for (const name of Object.keys(schema.properties ?? {})) {
      if (!this.seen.has(`${pointer}/properties/${name}`)) found.add(`${pointer}/properties/${name}`);
      below(`properties/${name}`);
    }
    return found;
  }
}

/** The key of a map as a part of a pointer. */
export const escape = (key) => String(key).replaceAll('~', '~0').replaceAll('/', '~1');
const unescape = (key) => key.replaceAll('~1', '/').replaceAll('~0', '~');

/** A copy in which objects have the properties that are written down, and no others. */
function close(value) {
  if (Array.isArray(value)) return value.map(close);
  if (typeof value !== 'object' || value === null) return value;
  const copy = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, close(part)]));
  if (value.type === 'object' && value.properties) copy.additionalProperties = false;
  return copy;
}
