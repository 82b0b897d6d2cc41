package kiln.runtime.internal;

/**
 * How the collector helps to find mistakes, in tests: the system property {@code kiln.gc} with names of these,
 * separated by commas.
 *
 * @param zeal {@code zeal}: collect at each allocation and each call of the host
 * @param protect {@code protect}: take away access to what was collected, so that an old reference faults
 * @param verify {@code verify}: look at the whole heap before and after each collection
 * @param spaceBytes {@code space=N}: bytes that may be allocated before the first collection, and at least before each
 *     other one
 */
public record GcMode(boolean zeal, boolean protect, boolean verify, long spaceBytes) {
    /** The property's name. */
    public static final String PROPERTY = "kiln.gc";

    private static final long SPACE_BYTES = 8 << 20;

    /**
     * As the property says.
     *
     * @throws IllegalArgumentException if it has another name
     */
    static GcMode current() {
        String text = System.getProperty(PROPERTY, "");
        boolean zeal = false;
        boolean protect = false;
        boolean verify = false;
        long space = SPACE_BYTES;
        for (int start = 0; start < text.length(); ) {
            int comma = text.indexOf(',', start);
            int end = comma < 0 ? text.length() : comma;
            String name = text.substring(start, end);
            if (name.equals("zeal")) {
                zeal = true;
            } else if (name.equals("protect")) {
                protect = true;
            } else if (name.equals("verify")) {
                verify = true;
            } else if (name.startsWith("space=")) {
                space = Long.parseLong(name, 6, name.length(), 10);
            } else {
                throw new IllegalArgumentException("unknown word in the property " + PROPERTY + ": " + name);
            }
            start = end + 1;
        }
        return new GcMode(zeal, protect, verify, space);
    }
}
