/** JSON Web Tokens as the Node original minted them, and forged ones. */
import { createHmac } from 'node:crypto';
import jwt from 'jsonwebtoken';

import { secrets } from './server.js';

/** What the original put into an access token: {userId, iat, exp} and nothing else. */
export function accessToken(userId, expiresIn = '15m') {
  return jwt.sign({ userId }, secrets.access, { expiresIn });
}

export function signedWith(secret, userId, options = {}) {
  return jwt.sign({ userId }, secret, { expiresIn: '15m', ...options });
}

/** What somebody has who logged in at the original so many seconds ago: tokens that name no login. */
export function originalLogin(userId, age = 60) {
  const minted = (secret, lifetime) => jwt.sign({ userId, iat: now() - age, exp: now() - age + lifetime }, secret);
  return { accessToken: minted(secrets.access, 900), refreshToken: minted(secrets.refresh, 7 * 86_400) };
}

export function expiredToken(userId) {
  return jwt.sign({ userId, iat: now() - 100, exp: now() - 10 }, secrets.access);
}

/** A token put together by hand, so that any header and claims are possible. */
export function forgedToken(header, claims, { secret = secrets.access, hash = 'sha256' } = {}) {
  const text = `${encode(header)}.${encode(claims)}`;
  const signature = secret === null ? '' : createHmac(hash, secret).update(text).digest('base64url');
  return `${text}.${signature}`;
}

export function claimsOf(token) {
  return jwt.decode(token);
}

export function headerOf(token) {
  return jwt.decode(token, { complete: true }).header;
}

export function now() {
  return Math.floor(Date.now() / 1000);
}

function encode(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
