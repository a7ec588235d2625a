// The documents by themselves: valid, without dead references, with examples that are right, and as the code says.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { Validator } from '@seriousme/openapi-schema-validator';
import Ajv from 'ajv';

import { Description, escape, textOf } from './description.js';

const rest = new Description('docs/openapi.yaml');
const events = new Description('docs/asyncapi.yaml');
const documents = { 'openapi.yaml': rest, 'asyncapi.yaml': events };

/** Calls `visit(pointer, value)` for every object in a value. */
function walk(value, visit, pointer = '#') {
  if (typeof value !== 'object' || value === null) return;
  visit(pointer, value);
  for (const [key, part] of Object.entries(value)) walk(part, visit, `${pointer}/${escape(key)}`);
}

describe('openapi.yaml', () => {
  const isValid = async (document) => (await new Validator().validate(structuredClone(document))).valid;

  test('is OpenAPI 3.1', async () => {
    assert.equal(rest.document.openapi, '3.1.0');
    const { valid, errors } = await new Validator().validate(structuredClone(rest.document));
    assert.ok(valid, JSON.stringify(errors, null, 1));
    assert.ok(!(await isValid({ ...rest.document, info: {} })), 'the validator refuses what is wrong');
  });

  test('names each operation once', () => {
    const names = operations().map(({ operation }) => operation.operationId);
    assert.equal(new Set(names).size, names.length);
  });

  test('has examples that are what their schemas say', () => {
    let count = 0;
    walk(rest.document, (pointer, value) => {
      if (!value.schema || !value.examples) return;
      for (const [name, example] of Object.entries(value.examples)) {
        rest.check(`${pointer}/schema`, example.value, `example ${name}`);
        count += 1;
      }
    });
    assert.ok(count > 30, `${count} examples`);
  });

  test('shows an example of every body in JSON', () => {
    walk(rest.document, (pointer, value) => {
      if (pointer.includes('/responses/TroublePage/')) return;
      if (value.schema && pointer.endsWith('application~1json')) assert.ok(value.examples, `${pointer} has no examples`);
    });
  });

  function operations() {
    return Object.values(rest.document.paths).flatMap((path) =>
      Object.entries(path).filter(([key]) => key !== 'parameters').map(([, operation]) => ({ operation })));
  }
});

describe('asyncapi.yaml', () => {
  const schema = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0.json');
  const validate = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false, logger: false }).compile(schema);

  test('is AsyncAPI 3.0', () => {
    assert.equal(events.document.asyncapi, '3.0.0');
    assert.ok(validate(events.document), JSON.stringify(validate.errors, null, 1));
    assert.ok(!validate({ ...events.document, channels: { chat: { messages: 5 } } }), 'the schema refuses what is wrong');
  });

  test('has examples of every payload, and they are what it says', () => {
    for (const [name, message] of Object.entries(events.document.components.messages)) {
      if (!message.payload) continue;
      assert.ok(message.examples?.length > 0, `${name} has no examples`);
      message.examples.forEach(({ payload }) => events.check(`#/components/messages/${name}/payload`, payload, name));
    }
  });

  test('has an example of success and of a refusal of every answer', () => {
    for (const [name, message] of Object.entries(events.document.components.messages)) {
      if (!message.payload?.oneOf) continue;
      assert.deepEqual(new Set(message.examples.map(({ payload }) => payload.ok)), new Set([true, false]), name);
    }
  });

  test('uses each of its messages', () => {
    const used = new Set();
    for (const { messages, reply } of Object.values(events.document.operations)) {
      for (const { $ref } of [...messages, ...(reply?.messages ?? [])]) used.add($ref.split('/').at(-1));
    }
    assert.deepEqual([...used].sort(), Object.keys(events.document.channels.chat.messages).sort());
    assert.deepEqual([...used].sort(), Object.keys(events.document.components.messages).sort());
  });
});

describe('both', () => {
  for (const [file, description] of Object.entries(documents)) {
    test(`${file} has no dead reference, and nothing that nobody refers to`, () => {
      const used = new Set();
      walk(description.document, (pointer, value) => {
        if (!value.$ref) return;
        description.at(value.$ref);
        used.add(value.$ref);
      });
      for (const kind of ['parameters', 'requestBodies', 'headers', 'responses', 'schemas']) {
        for (const name of Object.keys(description.document.components[kind] ?? {})) {
          assert.ok(used.has(`#/components/${kind}/${name}`), `nobody uses ${kind}/${name}`);
        }
      }
    });

    test(`${file} has no value that a comma cut short`, () => {
      walk(description.document, (pointer, value) => {
        if (pointer.includes('/examples/')) return;
        for (const [key, part] of Object.entries(value)) assert.notEqual(part, null, `${pointer}/${key}`);
      });
    });
  }

  test('say the same where they share a schema', () => {
    const shared = Object.keys(events.document.components.schemas).filter((name) => rest.document.components.schemas[name]);
    assert.ok(shared.includes('Message') && shared.length > 5, `${shared}`);
    for (const name of shared) {
      assert.deepEqual(events.document.components.schemas[name], rest.document.components.schemas[name], name);
    }
  });

  test('have every code of an error', () => {
    const table = [...textOf('lib/base/errc.cpp').matchAll(/\{"([a-z_]+)", \d{3}, /g)].map(([, code]) => code);
    assert.ok(table.length >= 14);
    // The router's own.
    assert.deepEqual([...rest.document.components.schemas.ErrorCode.enum].sort(), [...table, 'method_not_allowed'].sort());
  });
});
