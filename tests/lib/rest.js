/** REST calls. An answer is {status, headers, text, body}: `body` is the parsed JSON, or undefined. */

export class Rest {
  constructor(url, token) {
    this.url = url;
    this.token = token;
  }

  as(token) {
    return new Rest(this.url, token);
  }

  get(path, options) {
    return this.call('GET', path, options);
  }

  post(path, json, options) {
    return this.call('POST', path, { json, ...options });
  }

  patch(path, json, options) {
    return this.call('PATCH', path, { json, ...options });
  }

  /** @param options {json, raw, headers}: `raw` is sent as it is, as application/json unless headers say otherwise. */
  async call(method, path, { json, raw, headers = {}, redirect = 'manual' } = {}) {
    const all = { ...headers };
    if (this.token !== undefined) all.authorization ??= `Bearer ${this.token}`;
    const body = json !== undefined ? JSON.stringify(json) : raw;
    if (body !== undefined) all['content-type'] ??= 'application/json';
    const answer = await fetch(this.url + path, { method, headers: all, body, redirect });
    return read(answer);
  }
}

async function read(answer) {
  const text = await answer.text();
  const isJson = (answer.headers.get('content-type') ?? '').includes('application/json');
  return { status: answer.status, headers: answer.headers, text, body: isJson && text ? JSON.parse(text) : undefined };
}
