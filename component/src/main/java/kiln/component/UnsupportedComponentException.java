package kiln.component;

import kiln.artifact.Printable;

/** A component that uses a part of the component model that is not read yet. */
public final class UnsupportedComponentException extends RuntimeException {
    /**
     * @param what the part
     * @param file the file's name
     * @param offset byte offset in the file
     */
    UnsupportedComponentException(String what, String file, int offset) {
        super("not supported: " + what + " at 0x" + Integer.toHexString(offset)
                + (file.isEmpty() ? "" : " of " + Printable.name(file)));
    }
}
