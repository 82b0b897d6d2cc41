package kiln.runtime.internal;

/** What compiled code of a component asks of Java; resources by number + 1, as in handle tables. */
public interface ComponentBuiltins {
    /** Adds an entry to the handle table of a component instance, and makes the table larger if it is full. */
    int addHandle(int component, int resource, int rep, int kind);

    /** Throws the trap that says what is wrong with a handle that was to be one of {@code resource}. */
    void failHandle(int component, int handle, int resource);

    /** The last owner has dropped a resource that Java defines; its number is not incremented here. */
    void dropped(int resource, int rep);
}
