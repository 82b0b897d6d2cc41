package kiln.component;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import kiln.artifact.component.CoreType;
import kiln.artifact.component.ValueLayout;
import kiln.component.CoreModuleType.Core;
import kiln.types.ValType;
import kiln.wasm.ByteReader;
import kiln.wasm.ExternKind;
import kiln.wasm.ExternType;

/** Reads canonical definitions: functions that are lifted and lowered, and the built-in ones of resources. */
final class CanonReader {
    private static final int MAX_FLAT_PARAMS = 16;
    private static final int MAX_FLAT_RESULTS = 1;
    private static final String[] ENCODINGS = {"utf8", "utf16", "latin1-utf16"};
    private static final int[] NONE = {};
    private static final int[] I32 = {ValType.I32};
    private static final int[] REALLOC = {ValType.I32, ValType.I32, ValType.I32, ValType.I32};

    private final ComponentDecoder decoder;
    private final ByteReader in;

    /** What stands behind a lifted or lowered function. */
    private static final class Options {
        private int encoding = -1;
        /** Indices of core definitions; -1 for none. */
        private int memory = -1;

        private int realloc = -1;
        private int postReturn = -1;

        boolean hasMemory() {
            return memory >= 0;
        }

        boolean hasRealloc() {
            return realloc >= 0;
        }

        Definition.Options definition() {
            return new Definition.Options(Math.max(encoding, 0), memory, realloc, postReturn);
        }
    }

    CanonReader(ComponentDecoder decoder, ByteReader in) {
        this.decoder = decoder;
        this.in = in;
    }

    void read(Scope scope) {
        int at = in.position();
        int code = in.u8();
        switch (code) {
            case 0x00 -> lift(scope, at);
            case 0x01 -> lower(scope, at);
            case 0x02, 0x04 -> {
                ResourceType r = ownResource(scope, at);
                scope.addCore(CoreTypeReader.function(I32, I32), in, at);
                Definition.Builtin builtin = code == 0x02 ? Definition.Builtin.NEW : Definition.Builtin.REP;
                scope.keep(at, new Definition.ResourceFunction(builtin, r.id()));
            }
            case 0x03 -> {
                ResourceType r = resource(scope, at);
                scope.addCore(CoreTypeReader.function(I32, NONE), in, at);
                scope.keep(at, new Definition.ResourceFunction(Definition.Builtin.DROP, r.id()));
            }
            default -> throw decoder.unsupported("canonical function 0x" + Integer.toHexString(code), at);
        }
    }

    private ResourceType resource(Scope scope, int at) {
        int index = in.index();
        if (Scope.get(scope.types, index, "type", in, at) instanceof ResourceType r) {
            return r;
        }
        throw in.invalid("type index " + index + " is not a resource type", at);
    }

    /** Making handles, and looking into them, is for the component that defines the resource. */
    private ResourceType ownResource(Scope scope, int at) {
        ResourceType r = resource(scope, at);
        if (!r.id().isLocal() || !scope.definedResources.contains(r.id())) {
            throw in.invalid("the type is not a local resource", at);
        }
        return r;
    }

    private void sort(int at) {
        if (in.u8() != 0x00) {
            throw in.malformed("only functions are lifted and lowered", at);
        }
    }

    private void lift(Scope scope, int at) {
        sort(at);
        int function = in.index();
        Core core = Scope.get(scope.core.get(ExternKind.FUNC), function, "core function", in, at);
        Options options = options(scope, at);
        int index = in.index();
        if (!(Scope.get(scope.types, index, "type", in, at) instanceof FuncType f)) {
            throw in.invalid("type index " + index + " is not a function type", at);
        }
        Flat params = Flat.params(f);
        Flat results = Flat.result(f);
        int[] flatParams = params.types.length > MAX_FLAT_PARAMS ? I32 : params.types;
        int[] flatResults = results.types.length > MAX_FLAT_RESULTS ? I32 : results.types;
        boolean spilled = params.types.length > MAX_FLAT_PARAMS;
        require(options.hasMemory() || !params.memory && !results.memory && !spilled && results.fits(), "memory", at);
        require(options.hasRealloc() || !params.memory && !spilled, "realloc", at);
        ExternType.Func type = (ExternType.Func) core.type();
        int[] given = core.types().func(type.typeIndex()).params();
        int[] gives = core.types().func(type.typeIndex()).results();
        if (!Arrays.equals(given, flatParams)) {
            throw mismatch("parameter", flatParams, given, at);
        }
        if (!Arrays.equals(gives, flatResults)) {
            throw mismatch("result", flatResults, gives, at);
        }
        if (options.postReturn >= 0
                && !isFunction(scope.core.get(ExternKind.FUNC).get(options.postReturn), flatResults, NONE)) {
            throw in.invalid("canonical option `post-return` uses a core function with an incorrect signature", at);
        }
        scope.add(new Entity.Func(f), in, at);
        scope.keep(at, new Definition.Lift(function, options.definition(), f));
    }

    private RuntimeException mismatch(String what, int[] wanted, int[] found, int at) {
        return in.invalid(
                "lowered " + what + " types `" + text(wanted) + "` do not match " + what + " types `" + text(found)
                        + "` of the core function",
                at);
    }

    private static String text(int[] types) {
        return Arrays.toString(Arrays.stream(types).mapToObj(ValType::toString).toArray());
    }

    private void lower(Scope scope, int at) {
        sort(at);
        int function = in.index();
        FuncType f = Scope.get(scope.funcs, function, "function", in, at);
        Options options = options(scope, at);
        if (options.postReturn >= 0) {
            throw in.invalid("canonical option `post-return` cannot be specified for lowerings", at);
        }
        Flat params = Flat.params(f);
        Flat results = Flat.result(f);
        boolean spilled = params.types.length > MAX_FLAT_PARAMS;
        require(options.hasMemory() || !params.memory && !results.memory && !spilled && results.fits(), "memory", at);
        require(options.hasRealloc() || !results.memory, "realloc", at);
        int[] coreParams = spilled ? I32 : params.types;
        if (!results.fits()) {
            coreParams = Arrays.copyOf(coreParams, coreParams.length + 1);
            coreParams[coreParams.length - 1] = ValType.I32;
        }
        scope.addCore(CoreTypeReader.function(coreParams, results.fits() ? results.types : NONE), in, at);
        scope.keep(at, new Definition.Lower(function, options.definition()));
    }

    private void require(boolean there, String option, int at) {
        if (!there) {
            throw in.invalid("canonical option `" + option + "` is required", at);
        }
    }

    private Options options(Scope scope, int start) {
        Options o = new Options();
        for (int n = in.count(); n > 0; n--) {
            int at = in.position();
            int code = in.u8();
            switch (code) {
                case 0x00, 0x01, 0x02 -> {
                    if (o.encoding >= 0) {
                        throw in.invalid(
                                "canonical encoding option `" + ENCODINGS[o.encoding] + "` conflicts with option `"
                                        + ENCODINGS[code] + "`",
                                at);
                    }
                    o.encoding = code;
                }
                case 0x03 -> {
                    once(o.hasMemory(), "memory", at);
                    int index = in.index();
                    Core memory = Scope.get(scope.core.get(ExternKind.MEMORY), index, "memory", in, at);
                    ExternType.Memory m = (ExternType.Memory) memory.type();
                    if (m.is64() || m.shared()) {
                        throw decoder.unsupported("values in a 64-bit or shared memory", at);
                    }
                    o.memory = index;
                }
                case 0x04 -> {
                    once(o.hasRealloc(), "realloc", at);
                    int index = in.index();
                    Core f = Scope.get(scope.core.get(ExternKind.FUNC), index, "core function", in, at);
                    if (!isFunction(f, REALLOC, I32)) {
                        throw in.invalid(
                                "canonical option `realloc` uses a core function with an incorrect signature", at);
                    }
                    o.realloc = index;
                }
                case 0x05 -> {
                    once(o.postReturn >= 0, "post-return", at);
                    o.postReturn = in.index();
                    Scope.get(scope.core.get(ExternKind.FUNC), o.postReturn, "core function", in, at);
                }
                case 0x06, 0x07 -> throw decoder.unsupported("an async function", at);
                default -> throw decoder.unsupported("canonical option 0x" + Integer.toHexString(code), at);
            }
        }
        if (o.hasRealloc() && !o.hasMemory()) {
            throw in.invalid("canonical option `realloc` requires `memory` to also be specified", start);
        }
        return o;
    }

    private void once(boolean there, String option, int at) {
        if (there) {
            throw in.invalid("canonical option `" + option + "` is specified more than once", at);
        }
    }

    /** Whether this is a function of exactly these types. */
    static boolean isFunction(Core f, int[] params, int[] results) {
        return f.type() instanceof ExternType.Func t
                && Arrays.equals(f.types().func(t.typeIndex()).params(), params)
                && Arrays.equals(f.types().func(t.typeIndex()).results(), results);
    }

    /** What parameters or results are as core values, before it is known whether they are too many. */
    private record Flat(int[] types, boolean memory) {
        static Flat params(FuncType f) {
            List<CoreType> flat = new ArrayList<>();
            boolean memory = false;
            for (FuncType.Param p : f.params()) {
                ValueLayout.append(flat, p.type().layout().flat());
                memory |= p.type().layout().needsMemory();
            }
            return new Flat(core(flat), memory);
        }

        static Flat result(FuncType f) {
            return f.result() == null
                    ? new Flat(NONE, false)
                    : new Flat(
                            core(f.result().layout().flat()),
                            f.result().layout().needsMemory());
        }

        private static int[] core(List<CoreType> flat) {
            return flat.stream().mapToInt(CoreType::type).toArray();
        }

        boolean fits() {
            return types.length <= MAX_FLAT_RESULTS;
        }
    }
}
