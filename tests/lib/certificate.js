/** A certificate of the tests' own for 127.0.0.1 and localhost, which nobody trusts who is not told to. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { temporaryDirectory } from './server.js';

/** {key, cert, file}: PEM, and the file that the certificate is in. */
export function makeCertificate() {
  const folder = temporaryDirectory();
  const [key, file] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  execFileSync('openssl', [
    'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-keyout', key, '-out', file,
    '-subj', '/CN=tests of Parley', '-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost',
  ], { stdio: 'ignore' });
  return { key: readFileSync(key), cert: readFileSync(file), file };
}
