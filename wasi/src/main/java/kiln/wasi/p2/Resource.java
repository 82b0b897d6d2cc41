package kiln.wasi.p2;

import java.io.IOException;

/** Something of the host's for which the guest has a handle. One with living children cannot be dropped. */
abstract class Resource {
    private final Resource parent;
    private int children;
    private boolean isDropped;

    /** @param parent null for none */
    Resource(Resource parent) {
        this.parent = parent;
        if (parent != null) {
            parent.children++;
        }
    }

    /** The guest has dropped its last handle. */
    final void drop() throws IOException {
        if (children > 0) {
            throw Traps.trap("a resource is dropped that has children");
        }
        gone();
        close();
    }

    /** It was handed to a function of the host's, which does not keep it as a parent's child. */
    final void gone() {
        if (!isDropped) {
            isDropped = true;
            if (parent != null) {
                parent.children--;
            }
        }
    }

    final boolean hasChildren() {
        return children > 0;
    }

    /** Gives back what it holds. */
    void close() throws IOException {}
}
