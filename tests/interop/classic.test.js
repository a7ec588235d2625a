/** createAdapter, the default of most clusters: Node.js beside itself shows that the tests ask for what the packages really do. */
import { NativePeer } from './native_peer.js';
import { NodePeer } from './node_peer.js';
import { cluster } from './servers.js';

cluster('classic', [NodePeer, NodePeer]);
cluster('classic', [NodePeer, NativePeer]);
cluster('classic', [NativePeer, NativePeer]);
