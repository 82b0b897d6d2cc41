package kiln.artifact.component;

/** How a core module keeps strings; the ordinal is the encoding's number in files: only appended to. */
public enum StringEncoding {
    UTF8,
    UTF16,
    /** Latin-1, or UTF-16 where the top bit of the length is set. */
    LATIN1_UTF16
}
