package kiln.artifact.component;

import java.util.EnumSet;
import java.util.List;

/** What a value of the component model is made of; the ordinal is the kind's number in files: only appended to. */
public enum TypeKind {
    BOOL("bool"),
    S8("s8"),
    U8("u8"),
    S16("s16"),
    U16("u16"),
    S32("s32"),
    U32("u32"),
    S64("s64"),
    U64("u64"),
    F32("f32"),
    F64("f64"),
    CHAR("char"),
    STRING("string"),
    ERROR_CONTEXT("error-context"),
    RECORD("record"),
    VARIANT("variant"),
    LIST("list"),
    /** A list whose length is part of the type. */
    ARRAY("list"),
    MAP("map"),
    TUPLE("tuple"),
    FLAGS("flags"),
    ENUM("enum"),
    OPTION("option"),
    RESULT("result"),
    OWN("own"),
    BORROW("borrow"),
    STREAM("stream"),
    FUTURE("future");

    /** Those that values are made of in the end, in the order of their codes in the binary format. */
    public static final List<TypeKind> SCALARS = List.copyOf(EnumSet.range(BOOL, STRING));

    private final String text;

    TypeKind(String text) {
        this.text = text;
    }

    /** Whether the kind alone is a type. */
    public boolean isPrimitive() {
        return compareTo(ERROR_CONTEXT) <= 0;
    }

    /** Whether two such types that look alike are still two in an interface, so that they need a name. */
    public boolean needsName() {
        return this == RECORD || this == VARIANT || this == FLAGS || this == ENUM;
    }

    @Override
    public String toString() {
        return text;
    }
}
