package kiln.wasi.p2;

import java.net.InetSocketAddress;

/** Says which addresses of the network a guest may use. Asked on the guest's thread, for each use. */
@FunctionalInterface
public interface AddressPredicate {
    /** @param address its host is resolved; a port of 0, and "any" as host, mean what they mean in binding */
    boolean allows(InetSocketAddress address, AddressUse use);
}
