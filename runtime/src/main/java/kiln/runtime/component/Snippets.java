package kiln.runtime.component;

import static java.lang.constant.ConstantDescs.CD_List;
import static java.lang.constant.ConstantDescs.CD_MethodHandle;
import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_byte;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_short;
import static java.lang.constant.ConstantDescs.CD_void;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.classfile.instruction.SwitchCase;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.ValueLayout;
import kiln.loader.Native;

/** Small pieces of the code that {@link CodeParts} writes, which need nothing of the class that is written. */
final class Snippets {
    private static final ClassDesc LIFTING = desc(Lifting.class);
    private static final ClassDesc LOWERING = desc(Lowering.class);
    private static final ClassDesc NATIVE = desc(Native.class);
    private static final ClassDesc TYPE = desc(InterfaceType.class);
    private static final ClassDesc ITERATOR = desc(Iterator.class);

    /** In methods that write a value, or examine it. */
    static final int VALUE = 1;

    /**
     * Somewhere in memory or in an area.
     *
     * @param base local variable with a native address
     * @param offset bytes from there
     */
    record Place(int base, long offset) {
        Place plus(long bytes) {
            return new Place(base, offset + bytes);
        }

        void push(CodeBuilder code) {
            code.lload(base);
            if (offset != 0) {
                code.loadConstant(offset).ladd();
            }
        }
    }

    interface Case {
        void write(int number);
    }

    private Snippets() {}

    static ClassDesc desc(Class<?> c) {
        return c.describeConstable().orElseThrow();
    }

    /** The class as which generated code passes values: a primitive one, or Object. */
    static Class<?> carrier(Conversion c) {
        return c instanceof Conversion.Same s && s.java().isPrimitive() ? s.java() : Object.class;
    }

    /** Where values one after the other begin, as core values or in memory. */
    static long[] offsets(List<InterfaceType> types, boolean cells) {
        long[] offsets = new long[types.size()];
        long next = 0;
        for (int i = 0; i < offsets.length; i++) {
            ValueLayout layout = types.get(i).layout();
            offsets[i] = cells ? next : ValueLayout.align(next, layout.alignment());
            next = cells ? next + 16L * layout.flat().size() : offsets[i] + layout.bytes();
        }
        return offsets;
    }

    static void getInt(CodeBuilder code, Place at) {
        at.push(code);
        code.invokestatic(NATIVE, "getInt", MethodTypeDesc.of(CD_int, CD_long));
    }

    static void get(CodeBuilder code, Place at, String suffix, ClassDesc type) {
        at.push(code);
        code.invokestatic(NATIVE, "get" + suffix, MethodTypeDesc.of(type, CD_long));
    }

    static void put(CodeBuilder code, String suffix, ClassDesc type) {
        code.invokestatic(NATIVE, "put" + suffix, MethodTypeDesc.of(CD_void, CD_long, type));
    }

    /** Writes the i32 on the stack to the address below it. */
    static void putNumber(CodeBuilder code, boolean cells, int bytes) {
        if (cells) {
            code.invokestatic(LOWERING, "cell", MethodTypeDesc.of(CD_void, CD_long, CD_int));
        } else if (bytes == 1) {
            code.i2b();
            put(code, "Byte", CD_byte);
        } else if (bytes == 2) {
            code.i2s();
            put(code, "Short", CD_short);
        } else {
            put(code, "Int", CD_int);
        }
    }

    static void narrow(CodeBuilder code, Place at, boolean cells, String suffix, ClassDesc type) {
        if (cells) {
            getInt(code, at);
        } else {
            get(code, at, suffix, type);
        }
    }

    /** Pushes the number of a case, or flags. */
    static void discriminant(CodeBuilder code, Place at, boolean cells, int bytes) {
        if (cells) {
            getInt(code, at);
        } else {
            at.push(code);
            code.loadConstant(bytes).invokestatic(LIFTING, "number", MethodTypeDesc.of(CD_int, CD_long, CD_int));
        }
    }

    /** Checks the number on the stack against the type below. */
    static void checkCase(CodeBuilder code) {
        code.invokestatic(LIFTING, "checkCase", MethodTypeDesc.of(CD_int, TYPE, CD_int));
    }

    /** Pushes a number, of whatever carrier. */
    static void load(CodeBuilder code, Conversion c, int value) {
        Class<?> carrier = carrier(c);
        code.loadLocal(TypeKind.from(carrier), value);
        if (carrier == Object.class) {
            unbox(code, primitive(c.type()));
        }
    }

    /** The object on the stack in a new local, as its carrier. */
    static int object(CodeBuilder code, Conversion c) {
        TypeKind kind = TypeKind.from(carrier(c));
        if (kind != TypeKind.REFERENCE) {
            unbox(code, carrier(c));
        }
        int part = code.allocateLocal(kind);
        code.storeLocal(kind, part);
        return part;
    }

    /** The primitive class of numbers, characters and truth values; null for all other types. */
    static Class<?> primitive(InterfaceType t) {
        return switch (t.kind()) {
            case BOOL -> boolean.class;
            case S8, U8 -> byte.class;
            case S16, U16 -> short.class;
            case S32, U32, CHAR -> int.class;
            case S64, U64 -> long.class;
            case F32 -> float.class;
            case F64 -> double.class;
            default -> null;
        };
    }

    static ClassDesc boxed(Class<?> primitive) {
        return desc(MethodType.methodType(primitive).wrap().returnType());
    }

    /** Makes an object of what is on the stack if it is primitive, which {@code carrier} says. */
    static void box(CodeBuilder code, Class<?> carrier) {
        if (carrier != null && carrier.isPrimitive()) {
            code.invokestatic(boxed(carrier), "valueOf", MethodTypeDesc.of(boxed(carrier), desc(carrier)));
        }
    }

    static void unbox(CodeBuilder code, Class<?> primitive) {
        ClassDesc boxed = boxed(primitive);
        code.checkcast(boxed).invokevirtual(boxed, primitive.getName() + "Value", MethodTypeDesc.of(desc(primitive)));
    }

    static String handleMethod(InterfaceType t) {
        return t.kind() == kiln.artifact.component.TypeKind.OWN ? "own" : "borrow";
    }

    static void invokeExact(CodeBuilder code, MethodType type) {
        code.invokevirtual(
                CD_MethodHandle, "invokeExact", type.describeConstable().orElseThrow());
    }

    /** Goes to the code for the number on the stack; each must end with a jump or a return. */
    static void select(CodeBuilder code, int count, Case one) {
        Label none = code.newLabel();
        List<SwitchCase> cases = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            cases.add(SwitchCase.of(i, code.newLabel()));
        }
        code.tableswitch(0, count - 1, none, cases);
        for (SwitchCase s : cases) {
            code.labelBinding(s.target());
            one.write(s.caseValue());
        }
        code.labelBinding(none);
    }

    /** @param body is given the local with the number of the element */
    static void loop(CodeBuilder code, int count, Case body) {
        int i = code.allocateLocal(TypeKind.INT);
        Label again = code.newLabel();
        Label end = code.newLabel();
        code.iconst_0().istore(i).labelBinding(again).iload(i).iload(count).if_icmpge(end);
        body.write(i);
        code.iinc(i, 1).goto_(again).labelBinding(end);
    }

    static void advance(CodeBuilder code, int address, InterfaceType list) {
        code.lload(address)
                .loadConstant(list.children().getFirst().layout().bytes())
                .ladd()
                .lstore(address);
    }

    static void iterator(CodeBuilder code, int elements) {
        code.aload(VALUE)
                .checkcast(CD_List)
                .invokeinterface(CD_List, "iterator", MethodTypeDesc.of(ITERATOR))
                .astore(elements);
    }

    static void next(CodeBuilder code, int elements) {
        code.aload(elements).invokeinterface(ITERATOR, "next", MethodTypeDesc.of(CD_Object));
    }
}
