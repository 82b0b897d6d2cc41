package kiln.ir;

import java.util.Map;

/**
 * What the functions of a module may rely on about objects that its globals refer to for ever, and about functions that
 * it refers to. Offsets are from the module's VMContext.
 */
public interface ConstantObjects {
    /** The object that a global of this module refers to, or null if nothing is known of it. */
    ConstantObject in(Region global);

    /** The function whose record has its code pointer at that offset, or null. */
    CallTarget function(long offset);

    /**
     * An object that always was in a global.
     *
     * @param cell offset of the global
     * @param type offset of the number of the object's type, its first word
     * @param fields those that are immutable and known, by offset in the object; packed ones are not among them
     */
    record ConstantObject(long cell, long type, Map<Long, Field> fields) {}

    /** The value of a field. */
    sealed interface Field {}

    /** A number or null. */
    record Scalar(Type type, V128 bits) implements Field {}

    /** A reference to a function, whose record is at that offset. */
    record FunctionRecord(long offset) implements Field {}

    /** What is in another global, which does not change. */
    record Cell(long offset, MemoryOp access) implements Field {}
}
