package kiln.wasi.p2;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import kiln.runtime.component.Variant;

/** Header fields, in their order. */
final class Fields extends Resource {
    /** Names and values of one resource have at most so many bytes, and what it takes to keep them. */
    private static final int MOST_BYTES = 128 << 10;
    /** What an entry counts besides its bytes. */
    private static final int ENTRY_BYTES = 32;
    /** What belongs to the connection, and not to the guest. */
    private static final Set<String> FORBIDDEN = Set.of(
            "connection",
            "host",
            "http2-settings",
            "keep-alive",
            "proxy-authenticate",
            "proxy-authorization",
            "proxy-connection",
            "te",
            "transfer-encoding",
            "upgrade");

    private static final String NAME_CHARACTERS = "!#$%&'*+-.^_`|~";

    /** A field. */
    record Entry(String name, byte[] value) {
        String text() {
            return new String(value, StandardCharsets.ISO_8859_1);
        }
    }

    /** The guest broke a rule; becomes a header-error. */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;
        private final String label;

        Refused(String label) {
            super(label, null, false, false);
            this.label = label;
        }

        Variant value() {
            return new Variant(label, null);
        }
    }

    private final HeldBytes held;
    private final List<Entry> entries;
    private boolean isMutable = true;
    private int bytes;

    Fields(HeldBytes held) {
        super(null);
        this.held = held;
        this.entries = new ArrayList<>();
    }

    private Fields(Resource parent, Fields of) {
        super(parent);
        held = of.held;
        entries = of.entries;
        isMutable = false;
    }

    /** The same fields, which nobody changes any more, as a child of another resource. */
    Fields view(Resource parent) {
        return new Fields(parent, this);
    }

    Fields copy() {
        Fields f = new Fields(held);
        for (Entry e : entries) {
            f.keep(e);
        }
        return f;
    }

    Fields freeze() {
        isMutable = false;
        return this;
    }

    private void keep(Entry e) {
        int more = e.name().length() + e.value().length + ENTRY_BYTES;
        held.take(more);
        bytes += more;
        entries.add(e);
    }

    @Override
    void close() {
        held.take(-bytes);
        bytes = 0;
    }

    List<Entry> entries() {
        return entries;
    }

    /** By the host, which may use any names. */
    void add(String name, String value) {
        keep(new Entry(name, value.getBytes(StandardCharsets.ISO_8859_1)));
    }

    /** The first value, or null. */
    String first(String name) {
        for (Entry e : entries) {
            if (e.name().equalsIgnoreCase(name)) {
                return e.text();
            }
        }
        return null;
    }

    private static boolean isName(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
            if (!letter && NAME_CHARACTERS.indexOf(c) < 0) {
                return false;
            }
        }
        return !name.isEmpty();
    }

    private static boolean isValue(byte[] value) {
        for (byte b : value) {
            if (b >= 0 && b < ' ' && b != '\t' || b == 0x7f) {
                return false;
            }
        }
        return true;
    }

    private void check(String name) throws Refused {
        if (!isMutable) {
            throw new Refused("immutable");
        }
        if (!isName(name)) {
            throw new Refused("invalid-syntax");
        }
        if (FORBIDDEN.contains(name.toLowerCase(Locale.ROOT))) {
            throw new Refused("forbidden");
        }
    }

    void append(String name, byte[] value) throws Refused {
        check(name);
        if (!isValue(value)) {
            throw new Refused("invalid-syntax");
        }
        if (bytes + (long) name.length() + value.length + ENTRY_BYTES > MOST_BYTES) {
            throw Traps.trap("header fields of more than 128 KiB");
        }
        keep(new Entry(name, value.clone()));
    }

    void set(String name, List<?> values) throws Refused {
        check(name);
        for (Object v : values) {
            if (!isValue((byte[]) v)) {
                throw new Refused("invalid-syntax");
            }
        }
        delete(name);
        for (Object v : values) {
            append(name, (byte[]) v);
        }
    }

    void delete(String name) throws Refused {
        check(name);
        int before = bytes;
        entries.removeIf(e -> {
            boolean goes = e.name().equalsIgnoreCase(name);
            bytes -= goes ? e.name().length() + e.value().length + ENTRY_BYTES : 0;
            return goes;
        });
        held.take(bytes - before);
    }

    List<Object> values(String name) {
        List<Object> values = new ArrayList<>();
        for (Entry e : entries) {
            if (e.name().equalsIgnoreCase(name)) {
                values.add(e.value());
            }
        }
        return values;
    }

    List<Object> list() {
        List<Object> all = new ArrayList<>();
        for (Entry e : entries) {
            all.add(List.of(e.name(), e.value()));
        }
        return all;
    }
}
