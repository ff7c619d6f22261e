// Refuses every connection and name look-up that would leave the machine, before a packet does, and notes it in the file
// that AIRKIT_TEST_ATTEMPTS names. Loaded by test processes (network-guard.setup.ts) and, through NODE_OPTIONS, by every
// node that they start: plain JavaScript, so that any supported node can. Sockets of files and loopback are let through.
import dgram from 'node:dgram';
import dns from 'node:dns';
import { appendFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import net from 'node:net';

const LOADED = Symbol.for('airkit.network-guard');
/** Kept: commands under test may change the environment. */
const attempts = process.env['AIRKIT_TEST_ATTEMPTS'];
const QUESTIONS =
  /^(?:lookup|lookupService|reverse|resolve(?:4|6|Any|Caa|Cname|Mx|Naptr|Ns|Ptr|Soa|Srv|Tlsa|Txt)?)$/;

if (globalThis[LOADED] !== true) {
  globalThis[LOADED] = true;
  guardSockets();
  guardNames();
  guardDatagrams();
  syncBuiltinESMExports();
}

function isLoopback(host) {
  const bare = String(host).replace(/^\[(.*)\]$/, '$1');
  if (net.isIPv4(bare)) return bare.startsWith('127.');
  return bare === 'localhost' || bare === '::1' || bare.startsWith('::ffff:127.');
}

function refusal(what) {
  if (attempts !== undefined) appendFileSync(attempts, `${what}\n`);
  const message = `the network guard of the tests refused to ${what}`;
  return Object.assign(new Error(message), { code: 'ERR_TEST_NETWORK' });
}

function guardSockets() {
  const sockets = net.Socket.prototype;
  const connect = sockets['connect'];
  sockets.connect = function guarded(...args) {
    const { host, port } = addressOf(args);
    if (host === undefined || isLoopback(host)) return Reflect.apply(connect, this, args);
    const error = refusal(`connect to ${host}:${port}`);
    process.nextTick(() => this.destroy(error));
    return this;
  };
}

/** The forms of net.connect: an options object, perhaps in node's own list, (port, host), (path). */
function addressOf(args) {
  const first = Array.isArray(args[0]) ? args[0][0] : args[0];
  if (typeof first === 'object' && first !== null)
    return first.path === undefined ? { host: first.host, port: first.port } : {};
  const isPort = typeof first === 'number' || /^\d+$/.test(String(first));
  return isPort && typeof args[1] === 'string' ? { host: args[1], port: first } : {};
}

function guardNames() {
  for (const owner of [dns, dns.Resolver.prototype]) guardMembers(owner, answerLater);
  for (const owner of [dns.promises, dns.promises.Resolver.prototype])
    guardMembers(owner, rejectLater);
}

function guardMembers(owner, refuse) {
  for (const name of Object.getOwnPropertyNames(owner).filter((one) => QUESTIONS.test(one))) {
    const asked = owner[name];
    owner[name] = function guarded(host, ...rest) {
      const isLocal = isLoopback(host) || (name === 'lookup' && net.isIP(String(host)) !== 0);
      if (isLocal || !host) return Reflect.apply(asked, this, [host, ...rest]);
      return refuse(refusal(`look up ${host}`), rest);
    };
  }
}

async function rejectLater(error) {
  throw error;
}

function answerLater(error, rest) {
  process.nextTick(rest.at(-1), error);
}

function guardDatagrams() {
  for (const name of ['send', 'connect']) {
    const call = dgram.Socket.prototype[name];
    dgram.Socket.prototype[name] = function guarded(...args) {
      const host = args.findLast((arg) => typeof arg === 'string');
      if (host === undefined || isLoopback(host)) return Reflect.apply(call, this, args);
      throw refusal(`send to ${host}`);
    };
  }
}
