/** A real SMTP server of the tests' own (npm smtp-server) on a free port, with a mood for every receiver. */
import { once } from 'node:events';
import { simpleParser } from 'mailparser';
import { SMTPServer } from 'smtp-server';

import { makeCertificate } from './certificate.js';
import { freePort } from './ports.js';
import { pause, until } from './wait.js';

/** What the server says when it refuses, by mood. */
const refusals = {
  '4xx': { at: 'data', code: 451, text: 'try again later' },
  '5xx': { at: 'data', code: 550, text: 'we do not like this mail' },
  'rcpt-4xx': { at: 'rcpt', code: 450, text: 'mailbox busy' },
  'rcpt-5xx': { at: 'rcpt', code: 550, text: 'no such mailbox' },
};

/**
 * Moods: `accept`, those of `refusals`, `close` (the connection, in the middle of the mail), `rcpt-close` (before it),
 * `slow` (`delay` ms pass before a mail is taken), `rcpt-slow` (before its receiver is; that is noted as a try), `hold` (no answer to the mail, until the connection ends).
 */
export class Smtp {
  /**
   * @param options {auth: {user, password}, tls: 'none' | 'starttls' | 'implicit', query}: the login that is wanted, and
   *   what stands behind the `?` of the address
   */
  static async start(options = {}) {
    const smtp = new Smtp();
    const tls = options.tls ?? 'none';
    Object.assign(smtp, { options: { ...options, tls }, port: await freePort() });
    if (tls !== 'none') smtp.certificate = makeCertificate();
    await smtp.listen();
    return smtp;
  }

  /** What was taken: `{envelope: {from, to}, at, secure, user, raw}` and all that mailparser reads. */
  mails = [];
  /** Tries that were not taken: `{to, mood, at}`. */
  refused = [];
  /** Logins that were tried: `{user, password, secure}`. */
  logins = [];
  connections = 0;
  moods = new Map();
  mood = 'accept';
  delay = 1000;

  /** How mails to that address are treated from now on. */
  treat(email, mood) {
    this.moods.set(email, mood);
  }

  get url() {
    const { auth, tls, query } = this.options;
    const login = auth ? `${encodeURIComponent(auth.user)}:${encodeURIComponent(auth.password)}@` : '';
    return `${tls === 'implicit' ? 'smtps' : 'smtp'}://${login}127.0.0.1:${this.port}${query ? `?${query}` : ''}`;
  }

  /** The address for those who trust the certificate. */
  get trustedUrl() {
    return `${this.url}?ca=${this.certificate.file}`;
  }

  async listen() {
    const { auth, tls } = this.options;
    this.server = new SMTPServer({
      ...(this.certificate && { key: this.certificate.key, cert: this.certificate.cert }),
      secure: tls === 'implicit',
      disabledCommands: [...(tls === 'starttls' ? [] : ['STARTTLS']), ...(auth ? [] : ['AUTH'])],
      authOptional: !auth,
      allowInsecureAuth: true,
      disableReverseLookup: true,
      logger: false,
      closeTimeout: 1,
      onConnect: (session, done) => { this.connections += 1; done(); },
      onAuth: (login, session, done) => this.#login(login, session, done),
      onRcptTo: ({ address }, session, done) => this.#address(address, session, done),
      onData: (stream, session, done) => { this.#take(stream, session).then(() => done(), done); },
    });
    this.server.on('error', () => {});
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server.server, 'listening');
  }

  #login({ username, password }, session, done) {
    const { auth } = this.options;
    this.logins.push({ user: username, password, secure: session.secure });
    if (username === auth.user && password === auth.password) return done(null, { user: username });
    return done(Object.assign(new Error('wrong user or password'), { responseCode: 535 }));
  }

  #address(address, session, done) {
    const mood = this.moodOf(address);
    if (mood === 'rcpt-close') return this.#hangUp(session, address, mood);
    if (mood === 'rcpt-slow') {
      this.refused.push({ to: address, mood, at: Date.now() });
      return pause(this.delay).then(() => done());
    }
    return done(this.#refusal('rcpt', address));
  }

  async #take(stream, session) {
    const chunks = [];
    const [to] = session.envelope.rcptTo.map((one) => one.address);
    for await (const chunk of stream) chunks.push(chunk);
    const mood = this.moodOf(to);
    if (mood === 'close') return this.#hangUp(session, to, mood);
    if (mood === 'hold') return this.#hold(session, to);
    const refusal = this.#refusal('data', to);
    if (refusal) throw refusal;
    if (mood === 'slow') await pause(this.delay);
    return this.#keep(Buffer.concat(chunks), session);
  }

  async #keep(bytes, session) {
    const envelope = { from: session.envelope.mailFrom.address, to: session.envelope.rcptTo.map((one) => one.address) };
    const parsed = await simpleParser(bytes);
    this.mails.push({ ...parsed, raw: bytes.toString('latin1'), envelope, at: Date.now(), secure: session.secure, user: session.user });
  }

  moodOf(address) {
    return this.moods.get(address) ?? this.mood;
  }

  #refusal(stage, address) {
    const mood = this.moodOf(address);
    const refusal = refusals[mood];
    if (refusal?.at !== stage) return undefined;
    this.refused.push({ to: address, mood, at: Date.now() });
    return Object.assign(new Error(refusal.text), { responseCode: refusal.code });
  }

  /** Never calls back: there is nobody to answer. */
  #hangUp(session, to, mood) {
    this.refused.push({ to, mood, at: Date.now() });
    this.#connectionOf(session)?._socket.destroy();
    return new Promise(() => {});
  }

  async #hold(session, to) {
    this.refused.push({ to, mood: 'hold', at: Date.now() });
    return new Promise(() => {});
  }

  #connectionOf(session) {
    return [...this.server.connections].find((connection) => connection.session === session);
  }

  to(email) {
    return this.mails.filter((mail) => mail.envelope.to.includes(email));
  }

  /** Tries of mails to that address that were not taken. */
  triesOf(email) {
    return this.refused.filter((one) => one.to === email);
  }

  /** Mail number `count` to that address, once it has come. */
  async next(email, count = 1, ms = 15_000) {
    await until(() => this.to(email).length >= count, { what: () => `mail ${count} to ${email}; ${this.to(email).length} came, ${this.triesOf(email).length} were refused`, ms });
    return this.to(email)[count - 1];
  }

  /** Waits until that many mails to the address were not taken. */
  async refuses(email, count = 1, ms = 15_000) {
    await until(() => this.triesOf(email).length >= count, { what: () => `try ${count} to ${email}; there were ${this.triesOf(email).length}`, ms });
  }

  get openConnections() {
    return this.server.connections.size;
  }

  /** Nobody listens until `listen()`; connections end without a word. */
  async stop() {
    const closed = new Promise((done) => { this.server.close(done); });
    this.dropConnections();
    await closed;
  }

  /** Ends the connections that there are, as an idle timeout does. */
  dropConnections() {
    for (const connection of this.server.connections) connection._socket.destroy();
  }
}
