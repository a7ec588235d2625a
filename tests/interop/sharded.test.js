/** createShardedAdapter, dynamic: Node.js beside itself shows that the tests ask for what the packages really do. */
import { NativePeer } from './native_peer.js';
import { NodePeer } from './node_peer.js';
import { cluster } from './servers.js';

cluster('sharded', [NodePeer, NodePeer]);
cluster('sharded', [NodePeer, NativePeer]);
cluster('sharded', [NativePeer, NativePeer]);
