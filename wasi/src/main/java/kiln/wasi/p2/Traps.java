package kiln.wasi.p2;

import kiln.artifact.api.TrapCode;
import kiln.runtime.TrapException;

/** Traps that WASI demands where a guest breaks a rule. */
final class Traps {
    private Traps() {}

    static TrapException trap(String message) {
        return new TrapException(TrapCode.HOST_RULE, message);
    }

    static TrapException interrupted() {
        return new TrapException(TrapCode.INTERRUPTED, TrapCode.INTERRUPTED.message());
    }
}
