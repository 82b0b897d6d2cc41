package kiln.wasi.p2;

import java.net.InetSocketAddress;
import java.util.function.Predicate;

/**
 * What a guest may do in the network.
 *
 * @param names which it may look up
 */
record NetworkPolicy(AddressPredicate addresses, Predicate<String> names) {
    void check(InetSocketAddress address, AddressUse use) throws SocketError {
        if (!addresses.allows(address, use)) {
            throw new SocketError("access-denied");
        }
    }
}
