/** The WebSocket that clients get which bring none: without compression, which costs a server more than it saves on loopback. */
import WebSocket from 'ws';

export class PlainWebSocket extends WebSocket {
  constructor(address, protocols) {
    super(address, protocols, { perMessageDeflate: false });
  }
}
