import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The open connections of a server. */
export interface Connections {
  /** Closes those without a request, and each other one as soon as its answers are sent. */
  drain(): void;
  /** Breaks off all. */
  destroy(): void;
}

interface Connection {
  readonly socket: Socket;
  /** Requests that are not answered yet. */
  pending: number;
}

/**
 * Watches the connections of a server. Node's own `closeIdleConnections` leaves those alone on which no request ever
 * came, such as the spare ones of clients; they would hold a stop up.
 */
export function watchConnections(server: Server): Connections {
  const open = new Map<string, Connection>();
  let isDraining = false;
  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket);
    open.set(key, { socket, pending: 0 });
    socket.once('close', () => open.delete(key));
  });
  server.on('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    const connection = open.get(keyOf(socket));
    if (connection === undefined) return;
    connection.pending += 1;
    response.once('close', () => {
      connection.pending -= 1;
      if (isDraining && connection.pending === 0) connection.socket.destroySoon();
    });
  });
  return {
    drain: () => {
      isDraining = true;
      for (const { socket, pending } of open.values()) if (pending === 0) socket.destroySoon();
    },
    destroy: () => {
      for (const { socket } of open.values()) socket.destroy();
    },
  };
}

/** The same for a TLS connection and the plain one below it. */
function keyOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}
