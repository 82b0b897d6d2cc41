package kiln.runtime.component;

import static java.lang.constant.ConstantDescs.CD_Class;
import static java.lang.constant.ConstantDescs.CD_List;
import static java.lang.constant.ConstantDescs.CD_Map;
import static java.lang.constant.ConstantDescs.CD_MethodHandle;
import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.CD_boolean;
import static java.lang.constant.ConstantDescs.CD_byte;
import static java.lang.constant.ConstantDescs.CD_double;
import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_short;
import static java.lang.constant.ConstantDescs.CD_void;
import static kiln.runtime.component.Snippets.VALUE;
import static kiln.runtime.component.Snippets.advance;
import static kiln.runtime.component.Snippets.box;
import static kiln.runtime.component.Snippets.boxed;
import static kiln.runtime.component.Snippets.carrier;
import static kiln.runtime.component.Snippets.checkCase;
import static kiln.runtime.component.Snippets.desc;
import static kiln.runtime.component.Snippets.discriminant;
import static kiln.runtime.component.Snippets.get;
import static kiln.runtime.component.Snippets.getInt;
import static kiln.runtime.component.Snippets.handleMethod;
import static kiln.runtime.component.Snippets.invokeExact;
import static kiln.runtime.component.Snippets.iterator;
import static kiln.runtime.component.Snippets.load;
import static kiln.runtime.component.Snippets.loop;
import static kiln.runtime.component.Snippets.narrow;
import static kiln.runtime.component.Snippets.next;
import static kiln.runtime.component.Snippets.object;
import static kiln.runtime.component.Snippets.offsets;
import static kiln.runtime.component.Snippets.primitive;
import static kiln.runtime.component.Snippets.put;
import static kiln.runtime.component.Snippets.putNumber;
import static kiln.runtime.component.Snippets.select;

import java.lang.classfile.ClassBuilder;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.ValueLayout;
import kiln.runtime.component.Snippets.Case;
import kiln.runtime.component.Snippets.Place;

/**
 * Code that reads, writes and examines values of one type each. What is small stands where it is needed; all the rest
 * has a method of its own, one for each pair of types and direction, however often they occur: parts of types are
 * shared, and their expansion would be exponential.
 *
 * <p>Core values lie in an argument area 16 bytes apart and are otherwise read as memory is, for they are little-endian
 * and a narrow one is the low half of what it was joined with.
 */
final class CodeParts {
    static final ClassDesc LIFTING = desc(Lifting.class);
    static final ClassDesc LOWERING = desc(Lowering.class);
    private static final ClassDesc VALUES = desc(Values.class);
    private static final ClassDesc LISTS = desc(Lists.class);
    private static final ClassDesc TYPE = desc(InterfaceType.class);
    private static final ClassDesc RESULT = desc(Result.class);
    private static final ClassDesc OPTIONAL = desc(Optional.class);
    private static final ClassDesc CASES = desc(Conversion.Cases.class);
    private static final ClassDesc CONSTANTS = desc(Conversion.Constants.class);
    private static final ClassDesc FLAGS = desc(Conversion.Flags.class);
    private static final ClassDesc RESOURCE = desc(Conversion.Resource.class);

    private static final MethodTypeDesc READ = MethodTypeDesc.of(CD_Object, LIFTING, CD_long);
    private static final MethodTypeDesc WRITE = MethodTypeDesc.of(CD_void, LOWERING, CD_Object, CD_long);
    private static final MethodTypeDesc FITS = MethodTypeDesc.of(CD_boolean, LOWERING, CD_Object);

    /** In methods of {@link #READ}, {@link #WRITE} and {@link #FITS}. */
    private static final int IO = 0;

    private static final int READ_AT = 1;
    private static final int WRITE_AT = 2;

    /** What a method does with a value. */
    private enum Way {
        LOAD,
        LIFT,
        STORE,
        LOWER,
        FITS
    }

    /** A type that has no code. */
    static final class NoCodeException extends IllegalArgumentException {
        private static final long serialVersionUID = 1L;
    }

    private record Pending(Way way, String name, Conversion conversion) {}

    private final ClassDesc self;
    private final List<Object> constants = new ArrayList<>();
    private final Map<Object, Integer> numbers = new IdentityHashMap<>();
    private final Map<Way, Map<Conversion, String>> methods = new EnumMap<>(Way.class);
    private final Deque<Pending> pending = new ArrayDeque<>();

    /** @param self the class that is written */
    CodeParts(ClassDesc self) {
        this.self = self;
    }

    List<Object> constants() {
        return List.copyOf(constants);
    }

    void constant(CodeBuilder code, Object value, ClassDesc type) {
        Integer number = numbers.get(value);
        if (number == null) {
            number = constants.size();
            constants.add(value);
            numbers.put(value, number);
        }
        code.ldc(Marshalling.constant(type, number));
    }

    /** Writes the methods that were needed so far, and those that they need. */
    void writeMethods(ClassBuilder cb) {
        for (Pending p = pending.poll(); p != null; p = pending.poll()) {
            Pending next = p;
            MethodTypeDesc type = switch (p.way) {
                case LOAD, LIFT -> READ;
                case STORE, LOWER -> WRITE;
                case FITS -> FITS;
            };
            cb.withMethodBody(p.name, type, ClassFile.ACC_STATIC | ClassFile.ACC_PRIVATE, code -> {
                switch (next.way) {
                    case LOAD, LIFT -> readBody(code, next.conversion, next.way == Way.LIFT);
                    case STORE, LOWER -> writeBody(code, next.conversion, next.way == Way.LOWER);
                    case FITS -> fitsBody(code, next.conversion);
                }
            });
        }
    }

    private String method(Way way, Conversion c) {
        Map<Conversion, String> known = methods.computeIfAbsent(way, _ -> new IdentityHashMap<>());
        String name = known.get(c);
        if (name == null) {
            name = way.name().toLowerCase(Locale.ROOT) + known.size();
            known.put(c, name);
            pending.add(new Pending(way, name, c));
        }
        return name;
    }

    // ---- reading

    /** Pushes a value, as its carrier. */
    void read(CodeBuilder code, Conversion c, boolean cells, int io, Place at) {
        InterfaceType t = c.type();
        int step = cells ? 16 : 4;
        if (c instanceof Conversion.Walked) {
            code.aload(io);
            constant(code, t, TYPE);
            at.push(code);
            code.invokevirtual(LIFTING, cells ? "walkCells" : "walk", MethodTypeDesc.of(CD_Object, TYPE, CD_long));
            return;
        }
        switch (t.kind()) {
            case BOOL -> {
                narrow(code, at, cells, "Byte", CD_byte);
                code.invokestatic(LIFTING, "bool", MethodTypeDesc.of(CD_boolean, CD_int));
            }
            case S8, U8 -> {
                narrow(code, at, cells, "Byte", CD_byte);
                code.i2b();
            }
            case S16, U16 -> {
                narrow(code, at, cells, "Short", CD_short);
                code.i2s();
            }
            case S32, U32 -> getInt(code, at);
            case CHAR -> {
                getInt(code, at);
                code.invokestatic(LIFTING, "character", MethodTypeDesc.of(CD_int, CD_int));
            }
            case S64, U64 -> get(code, at, "Long", CD_long);
            case F32 -> get(code, at, "Float", CD_float);
            case F64 -> get(code, at, "Double", CD_double);
            case STRING -> {
                code.aload(io);
                getInt(code, at);
                getInt(code, at.plus(step));
                code.invokevirtual(LIFTING, "text", MethodTypeDesc.of(desc(String.class), CD_int, CD_int));
            }
            case OWN, BORROW -> resource(code, c, io, at);
            case FLAGS -> {
                constant(code, c, FLAGS);
                discriminant(code, at, cells, (int) t.layout().bytes());
                code.invokevirtual(FLAGS, "set", MethodTypeDesc.of(CD_Object, CD_int));
            }
            case ENUM -> {
                constant(code, ((Conversion.Constants) c).constants(), CD_List);
                constant(code, t, TYPE);
                discriminant(code, at, cells, (int) t.layout().bytes());
                checkCase(code);
                code.invokeinterface(CD_List, "get", MethodTypeDesc.of(CD_Object, CD_int));
            }
            default -> {
                if (c instanceof Conversion.Same) {
                    code.aload(io);
                    constant(code, t, TYPE);
                    getInt(code, at);
                    getInt(code, at.plus(step));
                    code.invokevirtual(LIFTING, "numbers", MethodTypeDesc.of(CD_Object, TYPE, CD_int, CD_int));
                } else {
                    code.aload(io);
                    at.push(code);
                    code.invokestatic(self, method(cells ? Way.LIFT : Way.LOAD, c), READ);
                }
            }
        }
        if (carrier(c) == Object.class) {
            box(code, primitive(t));
        }
    }

    private void resource(CodeBuilder code, Conversion c, int io, Place at) {
        boolean wrapped = c instanceof Conversion.Resource;
        if (wrapped) {
            code.aload(io);
            constant(code, c, RESOURCE);
        }
        code.aload(io);
        constant(code, c.type(), TYPE);
        getInt(code, at);
        code.invokevirtual(LIFTING, handleMethod(c.type()), MethodTypeDesc.of(CD_Object, TYPE, CD_int));
        if (wrapped) {
            code.invokevirtual(LIFTING, "wrap", MethodTypeDesc.of(CD_Object, RESOURCE, CD_Object));
        }
    }

    private void readBody(CodeBuilder code, Conversion c, boolean cells) {
        Place at = new Place(READ_AT, 0);
        switch (c) {
            case Conversion.Fields f -> {
                readFields(code, f, cells, at, offsets(f.type().children(), cells));
                code.areturn();
            }
            case Conversion.Cases v ->
                readCases(code, c, cells, i -> {
                    long[] payload = {0};
                    readFields(code, v.cases().get(i), cells, payload(c, cells, at), payload);
                });
            case Conversion.Option o ->
                readCases(code, c, cells, i -> {
                    if (i == 0) {
                        code.invokestatic(OPTIONAL, "empty", MethodTypeDesc.of(OPTIONAL));
                    } else {
                        readObject(code, o.some(), cells, payload(c, cells, at));
                        code.invokestatic(OPTIONAL, "of", MethodTypeDesc.of(OPTIONAL, CD_Object));
                    }
                });
            case Conversion.Outcome o ->
                readCases(code, c, cells, i -> {
                    Conversion p = i == 0 ? o.ok() : o.err();
                    if (p.type() == null) {
                        code.aconst_null();
                    } else {
                        readObject(code, p, cells, payload(c, cells, at));
                    }
                    code.invokestatic(RESULT, i == 0 ? "ok" : "err", MethodTypeDesc.of(RESULT, CD_Object), true);
                });
            case Conversion.Elements e ->
                readElements(code, e.type(), List.of(e.element()), "of", CD_List, cells ? 16 : 4, at);
            case Conversion.Entries e ->
                readElements(code, pairs(e), List.of(e.key(), e.value()), "map", CD_Map, cells ? 16 : 4, at);
            default -> throw new NoCodeException();
        }
    }

    private static Place payload(Conversion variant, boolean cells, Place at) {
        return at.plus(cells ? 16 : variant.type().payloadOffset());
    }

    private void readObject(CodeBuilder code, Conversion c, boolean cells, Place at) {
        read(code, c, cells, IO, at);
        box(code, carrier(c));
    }

    private void readFields(CodeBuilder code, Conversion.Fields f, boolean cells, Place at, long[] offsets) {
        MethodType erased = MethodType.methodType(
                Object.class, f.fields().stream().map(Snippets::carrier).toArray(Class<?>[]::new));
        constant(code, f.make().asType(erased), CD_MethodHandle);
        for (int i = 0; i < f.fields().size(); i++) {
            read(code, f.fields().get(i), cells, IO, at.plus(offsets[i]));
        }
        invokeExact(code, erased);
    }

    private void readCases(CodeBuilder code, Conversion c, boolean cells, Case one) {
        InterfaceType t = c.type();
        constant(code, t, TYPE);
        discriminant(code, new Place(READ_AT, 0), cells, ValueLayout.discriminantBytes(t.cases()));
        checkCase(code);
        select(code, t.cases(), i -> {
            one.write(i);
            code.areturn();
        });
        // All numbers have a case; for the verifier.
        code.aconst_null().areturn();
    }

    /** A map is a list of pairs. */
    private static InterfaceType pairs(Conversion.Entries e) {
        InterfaceType pair = new InterfaceType(
                kiln.artifact.component.TypeKind.TUPLE, List.of(), e.type().children(), -1, 0);
        return new InterfaceType(kiln.artifact.component.TypeKind.LIST, List.of(), List.of(pair), -1, 0);
    }

    /** Where the parts of an element lie, which is one value or, for a map, a pair. */
    private static long[] partOffsets(InterfaceType list, List<Conversion> parts) {
        return parts.size() == 1
                ? new long[1]
                : offsets(list.children().getFirst().children(), false);
    }

    /** @param make of {@link Lists}: makes what is returned of an array with all parts */
    private void readElements(
            CodeBuilder code,
            InterfaceType list,
            List<Conversion> parts,
            String make,
            ClassDesc made,
            int step,
            Place at) {
        long[] offsets = partOffsets(list, parts);
        int count = code.allocateLocal(TypeKind.INT);
        int from = code.allocateLocal(TypeKind.LONG);
        int array = code.allocateLocal(TypeKind.REFERENCE);
        getInt(code, at.plus(step));
        code.istore(count).aload(IO);
        constant(code, list, TYPE);
        getInt(code, at);
        code.iload(count)
                .invokevirtual(LIFTING, "objects", MethodTypeDesc.of(CD_long, TYPE, CD_int, CD_int))
                .lstore(from)
                .iload(count)
                .loadConstant(parts.size())
                .imul()
                .anewarray(CD_Object)
                .astore(array);
        loop(code, count, i -> {
            for (int k = 0; k < offsets.length; k++) {
                code.aload(array)
                        .iload(i)
                        .loadConstant(offsets.length)
                        .imul()
                        .loadConstant(k)
                        .iadd();
                readObject(code, parts.get(k), false, new Place(from, offsets[k]));
                code.aastore();
            }
            advance(code, from, list);
        });
        code.aload(array)
                .invokestatic(LISTS, make, MethodTypeDesc.of(made, CD_Object.arrayType()))
                .areturn();
    }

    // ---- writing

    /** Writes the value in a local, which holds its carrier. */
    void write(CodeBuilder code, Conversion c, boolean cells, int io, int value, Place at) {
        InterfaceType t = c.type();
        if (c instanceof Conversion.Walked) {
            code.aload(io);
            constant(code, t, TYPE);
            code.aload(value);
            at.push(code);
            code.invokevirtual(
                    LOWERING, cells ? "walkCells" : "walk", MethodTypeDesc.of(CD_void, TYPE, CD_Object, CD_long));
            return;
        }
        switch (t.kind()) {
            case BOOL, S8, U8, S16, U16, S32, U32, CHAR -> {
                at.push(code);
                load(code, c, value);
                switch (t.kind()) {
                    case U8 -> code.loadConstant(0xFF).iand();
                    case U16 -> code.loadConstant(0xFFFF).iand();
                    case CHAR -> code.invokestatic(LOWERING, "character", MethodTypeDesc.of(CD_int, CD_int));
                    default -> {}
                }
                putNumber(code, cells, (int) t.layout().bytes());
            }
            case S64, U64 -> {
                at.push(code);
                load(code, c, value);
                put(code, "Long", CD_long);
            }
            case F32 -> {
                at.push(code);
                load(code, c, value);
                code.invokestatic(desc(Float.class), "floatToRawIntBits", MethodTypeDesc.of(CD_int, CD_float));
                putNumber(code, cells, 4);
            }
            case F64 -> {
                at.push(code);
                load(code, c, value);
                put(code, "Double", CD_double);
            }
            case STRING -> {
                code.aload(io).aload(value);
                at.push(code);
                code.invokevirtual(
                        LOWERING, cells ? "textCells" : "text", MethodTypeDesc.of(CD_void, CD_Object, CD_long));
            }
            case OWN, BORROW -> {
                at.push(code);
                code.aload(io);
                constant(code, t, TYPE);
                loadResource(code, c, value);
                code.invokevirtual(LOWERING, handleMethod(t), MethodTypeDesc.of(CD_int, TYPE, CD_Object));
                putNumber(code, cells, 4);
            }
            case FLAGS -> {
                at.push(code);
                constant(code, c, FLAGS);
                code.aload(value).invokevirtual(FLAGS, "bits", MethodTypeDesc.of(CD_int, CD_Object));
                putNumber(code, cells, (int) t.layout().bytes());
            }
            case ENUM -> {
                at.push(code);
                constant(code, c, CONSTANTS);
                code.aload(value).invokevirtual(CONSTANTS, "number", MethodTypeDesc.of(CD_int, CD_Object));
                putNumber(code, cells, (int) t.layout().bytes());
            }
            default -> {
                code.aload(io);
                if (c instanceof Conversion.Same) {
                    constant(code, t, TYPE);
                    code.aload(value);
                    at.push(code);
                    code.invokevirtual(
                            LOWERING,
                            cells ? "numbersCells" : "numbers",
                            MethodTypeDesc.of(CD_void, TYPE, CD_Object, CD_long));
                } else {
                    code.aload(value);
                    at.push(code);
                    code.invokestatic(self, method(cells ? Way.LOWER : Way.STORE, c), WRITE);
                }
            }
        }
    }

    private void loadResource(CodeBuilder code, Conversion c, int value) {
        if (c instanceof Conversion.Resource) {
            constant(code, c, RESOURCE);
            code.aload(value).invokevirtual(RESOURCE, "toGeneric", MethodTypeDesc.of(CD_Object, CD_Object));
        } else {
            code.aload(value);
        }
    }

    private void writeBody(CodeBuilder code, Conversion c, boolean cells) {
        Place at = new Place(WRITE_AT, 0);
        InterfaceType t = c.type();
        switch (c) {
            case Conversion.Fields f -> {
                long[] offsets = offsets(t.children(), cells);
                for (int i = 0; i < offsets.length; i++) {
                    writePart(code, f.fields().get(i), cells, f.get().get(i), at.plus(offsets[i]));
                }
                code.return_();
            }
            case Conversion.Cases v -> {
                constant(code, v, CASES);
                code.aload(VALUE).invokevirtual(CASES, "number", MethodTypeDesc.of(CD_int, CD_Object));
                writeCases(code, c, cells, i -> {
                    Conversion.Fields f = v.cases().get(i);
                    if (!f.fields().isEmpty()) {
                        writePart(code, f.fields().getFirst(), cells, f.get().getFirst(), payload(c, cells, at));
                    }
                });
            }
            case Conversion.Option o -> {
                code.aload(VALUE)
                        .checkcast(OPTIONAL)
                        .invokevirtual(OPTIONAL, "isPresent", MethodTypeDesc.of(CD_boolean));
                writeCases(code, c, cells, i -> {
                    if (i != 0) {
                        code.aload(VALUE)
                                .checkcast(OPTIONAL)
                                .invokevirtual(OPTIONAL, "get", MethodTypeDesc.of(CD_Object));
                        writeObject(code, o.some(), cells, payload(c, cells, at));
                    }
                });
            }
            case Conversion.Outcome o -> {
                code.aload(VALUE).invokestatic(LOWERING, "outcome", MethodTypeDesc.of(CD_int, CD_Object));
                writeCases(code, c, cells, i -> {
                    Conversion p = i == 0 ? o.ok() : o.err();
                    if (p.type() != null) {
                        code.aload(VALUE).invokestatic(LOWERING, "payload", MethodTypeDesc.of(CD_Object, CD_Object));
                        writeObject(code, p, cells, payload(c, cells, at));
                    }
                });
            }
            case Conversion.Elements e -> writeElements(code, e.type(), List.of(e.element()), cells, at);
            case Conversion.Entries e -> {
                asParts(code);
                writeElements(code, pairs(e), List.of(e.key(), e.value()), cells, at);
            }
            default -> throw new NoCodeException();
        }
    }

    /** Writes what an accessor returns. */
    private void writePart(CodeBuilder code, Conversion c, boolean cells, MethodHandle get, Place at) {
        int part = part(code, c, get);
        write(code, c, cells, IO, part, at);
    }

    /** What an accessor returns, in a new local. */
    private int part(CodeBuilder code, Conversion c, MethodHandle get) {
        MethodType erased = MethodType.methodType(carrier(c), Object.class);
        constant(code, get.asType(erased), CD_MethodHandle);
        code.aload(VALUE);
        invokeExact(code, erased);
        TypeKind kind = TypeKind.from(carrier(c));
        int part = code.allocateLocal(kind);
        code.storeLocal(kind, part);
        return part;
    }

    /** Writes the object on the stack. */
    private void writeObject(CodeBuilder code, Conversion c, boolean cells, Place at) {
        int part = object(code, c);
        write(code, c, cells, IO, part, at);
    }

    /** Writes the case whose number is on the stack; a core value that the case has not is zero. */
    private void writeCases(CodeBuilder code, Conversion c, boolean cells, Case one) {
        InterfaceType t = c.type();
        Place at = new Place(WRITE_AT, 0);
        int number = code.allocateLocal(TypeKind.INT);
        code.istore(number);
        at.push(code);
        code.iload(number);
        putNumber(code, cells, ValueLayout.discriminantBytes(t.cases()));
        code.iload(number);
        select(code, t.cases(), i -> {
            one.write(i);
            if (cells) {
                InterfaceType payload = t.payload(i);
                int used = 1 + (payload == null ? 0 : payload.layout().flat().size());
                for (int k = used; k < t.layout().flat().size(); k++) {
                    at.plus(16L * k).push(code);
                    code.lconst_0();
                    put(code, "Long", CD_long);
                }
            }
            code.return_();
        });
        // The value has changed since it was examined.
        code.new_(desc(IllegalArgumentException.class))
                .dup()
                .invokespecial(desc(IllegalArgumentException.class), "<init>", MethodTypeDesc.of(CD_void))
                .athrow();
    }

    /** From now on the value is not the map but the list of its keys and values. */
    private static void asParts(CodeBuilder code) {
        code.aload(VALUE)
                .invokestatic(LISTS, "parts", MethodTypeDesc.of(CD_List, CD_Object))
                .astore(VALUE);
    }

    /** Pushes the number of elements, each of so many values of the list. */
    private static void count(CodeBuilder code, int parts) {
        code.aload(VALUE).checkcast(CD_List).invokeinterface(CD_List, "size", MethodTypeDesc.of(CD_int));
        if (parts > 1) {
            code.loadConstant(parts).idiv();
        }
    }

    private void writeElements(CodeBuilder code, InterfaceType list, List<Conversion> parts, boolean cells, Place at) {
        InterfaceType element = list.children().getFirst();
        long[] offsets = partOffsets(list, parts);
        int count = code.allocateLocal(TypeKind.INT);
        int address = code.allocateLocal(TypeKind.INT);
        int to = code.allocateLocal(TypeKind.LONG);
        int elements = code.allocateLocal(TypeKind.REFERENCE);
        count(code, offsets.length);
        code.istore(count).aload(IO);
        constant(code, element, TYPE);
        code.iload(count)
                .invokevirtual(LOWERING, "room", MethodTypeDesc.of(CD_int, TYPE, CD_int))
                .istore(address)
                .aload(IO)
                .iload(address)
                .invokevirtual(LOWERING, "at", MethodTypeDesc.of(CD_long, CD_int))
                .lstore(to);
        iterator(code, elements);
        // As many as there is room for, whatever the list says by now.
        loop(code, count, _ -> {
            for (int k = 0; k < offsets.length; k++) {
                next(code, elements);
                writeObject(code, parts.get(k), false, new Place(to, offsets[k]));
            }
            advance(code, to, list);
        });
        if (cells) {
            code.iload(address).iload(count);
            at.push(code);
            code.invokestatic(LOWERING, "cells", MethodTypeDesc.of(CD_void, CD_int, CD_int, CD_long));
        } else {
            at.push(code);
            code.iload(address);
            put(code, "Int", CD_int);
            at.plus(4).push(code);
            code.iload(count);
            put(code, "Int", CD_int);
        }
        code.return_();
    }

    // ---- examining

    /** Jumps if the value in a local, its carrier, is none of the type. */
    void fits(CodeBuilder code, Conversion c, int io, int value, Label mismatch) {
        InterfaceType t = c.type();
        boolean isObject = carrier(c) == Object.class;
        if (c instanceof Conversion.Walked) {
            code.aload(io);
            constant(code, t, TYPE);
            code.aload(value)
                    .invokevirtual(LOWERING, "isValue", MethodTypeDesc.of(CD_boolean, TYPE, CD_Object))
                    .ifeq(mismatch);
            return;
        }
        switch (t.kind()) {
            case BOOL, S8, U8, S16, U16, S32, U32, S64, U64, F32, F64, CHAR -> {
                if (isObject) {
                    code.aload(value).instanceOf(boxed(primitive(t))).ifeq(mismatch);
                }
                if (t.kind() == kiln.artifact.component.TypeKind.CHAR) {
                    load(code, c, value);
                    code.invokestatic(VALUES, "isCharacter", MethodTypeDesc.of(CD_boolean, CD_int))
                            .ifeq(mismatch);
                }
            }
            case STRING ->
                code.aload(io)
                        .aload(value)
                        .invokevirtual(LOWERING, "isText", MethodTypeDesc.of(CD_boolean, CD_Object))
                        .ifeq(mismatch);
            case OWN, BORROW -> {
                code.aload(io);
                constant(code, t, TYPE);
                loadResource(code, c, value);
                code.invokevirtual(LOWERING, "fits", MethodTypeDesc.of(CD_boolean, TYPE, CD_Object))
                        .ifeq(mismatch);
            }
            case FLAGS -> code.aload(value).instanceOf(desc(Set.class)).ifeq(mismatch);
            case ENUM -> isInstance(code, ((Conversion.Constants) c).java(), value, mismatch);
            default -> {
                if (c instanceof Conversion.Same) {
                    constant(code, t, TYPE);
                    code.aload(value).invokestatic(VALUES, "isNumbers", MethodTypeDesc.of(CD_boolean, TYPE, CD_Object));
                } else {
                    code.aload(io).aload(value).invokestatic(self, method(Way.FITS, c), FITS);
                }
                code.ifeq(mismatch);
            }
        }
    }

    private void isInstance(CodeBuilder code, Class<?> type, int value, Label mismatch) {
        constant(code, type, CD_Class);
        code.aload(value)
                .invokevirtual(CD_Class, "isInstance", MethodTypeDesc.of(CD_boolean, CD_Object))
                .ifeq(mismatch);
    }

    private void fitsBody(CodeBuilder code, Conversion c) {
        Label mismatch = code.newLabel();
        switch (c) {
            case Conversion.Fields f -> {
                isInstance(code, f.java(), VALUE, mismatch);
                fitFields(code, f, mismatch);
            }
            case Conversion.Cases v -> {
                constant(code, v, CASES);
                code.aload(VALUE).invokevirtual(CASES, "number", MethodTypeDesc.of(CD_int, CD_Object));
                select(code, v.cases().size(), i -> {
                    fitFields(code, v.cases().get(i), mismatch);
                    code.iconst_1().ireturn();
                });
                code.goto_(mismatch);
            }
            case Conversion.Option o -> {
                Label empty = code.newLabel();
                code.aload(VALUE)
                        .instanceOf(OPTIONAL)
                        .ifeq(mismatch)
                        .aload(VALUE)
                        .checkcast(OPTIONAL)
                        .invokevirtual(OPTIONAL, "isPresent", MethodTypeDesc.of(CD_boolean))
                        .ifeq(empty)
                        .aload(VALUE)
                        .checkcast(OPTIONAL)
                        .invokevirtual(OPTIONAL, "get", MethodTypeDesc.of(CD_Object));
                fits(code, o.some(), IO, object(code, o.some()), mismatch);
                code.labelBinding(empty);
            }
            case Conversion.Outcome o -> {
                code.aload(VALUE)
                        .instanceOf(RESULT)
                        .ifeq(mismatch)
                        .aload(VALUE)
                        .invokestatic(LOWERING, "outcome", MethodTypeDesc.of(CD_int, CD_Object));
                select(code, 2, i -> {
                    Conversion p = i == 0 ? o.ok() : o.err();
                    code.aload(VALUE).invokestatic(LOWERING, "payload", MethodTypeDesc.of(CD_Object, CD_Object));
                    if (p.type() == null) {
                        code.ifnonnull(mismatch);
                    } else {
                        fits(code, p, IO, object(code, p), mismatch);
                    }
                    code.iconst_1().ireturn();
                });
            }
            case Conversion.Elements e -> {
                code.aload(VALUE).instanceOf(CD_List).ifeq(mismatch);
                fitElements(code, e.type(), List.of(e.element()), mismatch);
            }
            case Conversion.Entries e -> {
                code.aload(VALUE).instanceOf(CD_Map).ifeq(mismatch);
                asParts(code);
                fitElements(code, pairs(e), List.of(e.key(), e.value()), mismatch);
            }
            default -> throw new NoCodeException();
        }
        if (!(c instanceof Conversion.Cases)) {
            code.iconst_1().ireturn();
        }
        code.labelBinding(mismatch).iconst_0().ireturn();
    }

    private void fitFields(CodeBuilder code, Conversion.Fields f, Label mismatch) {
        for (int i = 0; i < f.fields().size(); i++) {
            Conversion c = f.fields().get(i);
            if (carrier(c) == Object.class || c.type().kind() == kiln.artifact.component.TypeKind.CHAR) {
                fits(code, c, IO, part(code, c, f.get().get(i)), mismatch);
            }
        }
    }

    private void fitElements(CodeBuilder code, InterfaceType list, List<Conversion> parts, Label mismatch) {
        int count = code.allocateLocal(TypeKind.INT);
        int elements = code.allocateLocal(TypeKind.REFERENCE);
        count(code, parts.size());
        code.istore(count);
        constant(code, list.children().getFirst(), TYPE);
        code.iload(count)
                .invokestatic(VALUES, "isLength", MethodTypeDesc.of(CD_boolean, TYPE, CD_int))
                .ifeq(mismatch);
        iterator(code, elements);
        loop(code, count, _ -> {
            for (Conversion part : parts) {
                next(code, elements);
                fits(code, part, IO, object(code, part), mismatch);
            }
        });
    }
}
