package kiln.wasi.p2;

import java.io.IOException;

/** A guest's handle of something to wait for. */
final class Pollable extends Resource {
    private final Waitable waitable;

    /** @param parent what is waited for, so that it lives as long; null for a clock */
    Pollable(Resource parent, Waitable waitable) {
        super(parent);
        this.waitable = waitable;
    }

    Waitable waitable() {
        return waitable;
    }

    /** Something broken is ready: who uses it learns why. */
    static boolean ready(Waitable waitable) {
        try {
            return waitable.ready();
        } catch (IOException e) {
            return true;
        }
    }
}
