/** TLS before an engine's socket, as `dockerd --tlsverify` does: clients need a certificate. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { createServer } from 'node:tls';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run, succeed } from './command.ts';

export interface TlsProxy extends AsyncDisposable {
  /** `tcp://127.0.0.1:PORT`, as DOCKER_HOST takes it. */
  readonly host: string;
  /** ca.pem, cert.pem and key.pem of a client that is let in. */
  readonly clientFolder: string;
}

/** One authority signs the certificates of server and client. */
const MAKE_CERTIFICATES = `
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem
for name in server client; do
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=$name -keyout $name.key -out $name.csr
  printf 'subjectAltName=IP:127.0.0.1\\n' > $name.ext
  openssl x509 -req -days 2 -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile $name.ext -out $name.pem
done
mv client.pem cert.pem && mv client.key key.pem
`;

/** Starts a proxy for the engine at a `unix://` address, with new certificates. */
export async function startTlsProxy(engineHost: string): Promise<TlsProxy> {
  const folder = await mkdtemp(join(tmpdir(), 'airkit-tls-'));
  const script = `cd "$1"${MAKE_CERTIFICATES}`;
  await succeed(run({ file: 'sh', args: ['-ec', script, 'sh', folder] }));
  const pem = async (name: string): Promise<Buffer> => readFile(join(folder, name));
  const server = createServer({
    ca: await pem('ca.pem'),
    cert: await pem('server.pem'),
    key: await pem('server.key'),
    requestCert: true,
    rejectUnauthorized: true,
  });
  server.on('tlsClientError', () => undefined);
  server.on('secureConnection', (client) => {
    const engine = connect(engineHost.replace(/^unix:\/\//u, ''));
    engine.on('error', () => client.destroy());
    client.on('error', () => engine.destroy());
    client.pipe(engine).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = address === null || typeof address === 'string' ? 0 : address.port;
  return {
    host: `tcp://127.0.0.1:${port}`,
    clientFolder: folder,
    [Symbol.asyncDispose]: async () => {
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
