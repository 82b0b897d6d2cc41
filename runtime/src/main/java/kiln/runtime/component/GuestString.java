package kiln.runtime.component;

import kiln.artifact.component.StringEncoding;

/**
 * A string on its way from one component to another: in which encoding it was decides the steps in which room is made
 * for it.
 *
 * @param encoding the first side's; what {@link StringEncoding#LATIN1_UTF16} turned out to be says {@code latin1}
 * @param units code units that it had there
 * @param latin1 whether they were Latin-1
 */
record GuestString(String text, StringEncoding encoding, int units, boolean latin1) {
    /** A string of Java's passes as one in UTF-8. */
    static GuestString of(String text, int utf8Bytes) {
        return new GuestString(text, StringEncoding.UTF8, utf8Bytes, false);
    }
}
