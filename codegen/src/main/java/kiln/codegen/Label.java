package kiln.codegen;

/** A place in a {@link CodeBuffer}, bound at most once. */
public final class Label {
    private int offset = -1;

    public boolean isBound() {
        return offset >= 0;
    }

    /** Offset from the start of the buffer, in bytes. */
    public int offset() {
        if (offset < 0) {
            throw new IllegalStateException("label is not bound");
        }
        return offset;
    }

    void bind(int offset) {
        if (this.offset >= 0) {
            throw new IllegalStateException("label is bound twice");
        }
        this.offset = offset;
    }

    /** Moves a bound label, when code before it grew. */
    void rebind(int offset) {
        this.offset = offset;
    }

    /** Forgets the place, when everything is emitted again. */
    void unbind() {
        offset = -1;
    }
}
