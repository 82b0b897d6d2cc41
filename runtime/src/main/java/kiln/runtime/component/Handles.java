package kiln.runtime.component;

import kiln.artifact.component.InterfaceType;

/** What handles mean on one side of a call. */
interface Handles {
    /** The value for a handle that is given away. */
    Object liftOwn(InterfaceType type, int handle);

    /** The value for a handle that is lent. */
    Object liftBorrow(InterfaceType type, int handle);

    /** A handle for a value that is received. */
    int lowerOwn(InterfaceType type, Object value);

    /** A handle, or the representation, for a value that is borrowed. */
    int lowerBorrow(InterfaceType type, Object value);

    /** Whether a value is one of this type and can be passed. */
    boolean fits(InterfaceType type, Object value);
}
