package kiln.wasi.p2;

/** What a guest wants to do with an address. */
public enum AddressUse {
    /** Listen at it, or connect from it. */
    TCP_BIND,
    TCP_CONNECT,
    /** Receive at it, or send from it. */
    UDP_BIND,
    /** Send to it, or receive from it only. */
    UDP_CONNECT
}
