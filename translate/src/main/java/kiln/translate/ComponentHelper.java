package kiln.translate;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.FuncKey;
import kiln.ir.Builder;
import kiln.ir.CallTarget;
import kiln.ir.Function;
import kiln.ir.Inst;
import kiln.ir.Signature;
import kiln.ir.Type;
import kiln.ir.Value;

/**
 * Helpers that depend on nothing but the component, one of each. They run in the component's context; the ordinal is
 * the index of their key. Addresses (j) are absolute and their ranges checked, and what they come to is units: bytes of
 * UTF-8 and Latin-1, pairs of bytes of UTF-16. A string that is not valid traps.
 */
enum ComponentHelper {
    /** (component instance, resource + 1, representation, kind) -> handle. */
    HANDLE_ADD("iiii", "i"),
    /** (component instance, handle, resource + 1) -> representation. */
    HANDLE_REP("iii", "i"),
    /** (component instance, handle of an owner, resource + 1) -> representation; the handle is gone. */
    HANDLE_TAKE("iii", "i"),
    /** (from, units). */
    UTF8_CHECK("jj", ""),
    /** (from, units) -> all units, in one OR. */
    UTF16_CHECK("jj", "j"),
    /** (from, units, to) -> units written. */
    UTF8_TO_UTF16("jjj", "j"),
    /** (from, units, to) -> units written. */
    UTF16_TO_UTF8("jjj", "j"),
    /** (from, units, to) -> units written. */
    LATIN1_TO_UTF8("jjj", "j"),
    /** (from, units, to): Latin-1 to UTF-16. */
    WIDEN("jjj", ""),
    /** (from, units): Latin-1 to UTF-16 where it lies. */
    WIDEN_IN_PLACE("jj", ""),
    /** (from, units, to) -> units read, units written: as far as it is Latin-1. */
    UTF8_TO_LATIN1("jjj", "jj"),
    /** (from, units, to) -> units: UTF-16 to Latin-1, as far as it is; may be in place. */
    NARROW("jjj", "j"),
    /** (from, units, to) -> units: UTF-16 to ASCII, as far as it is. */
    NARROW_ASCII("jjj", "j"),
    /** (from, units, to) -> units: bytes, as far as they are ASCII. */
    COPY_ASCII("jjj", "j"),
    /** (from, elements, to): bytes, as 0 or 1. */
    COPY_BOOLS("jjj", ""),
    /** (from, elements); traps if one is no code point, or a surrogate. */
    CHECK_CHARS("jj", ""),
    /** (from, elements, last): bytes; traps if one is larger than the last. */
    CHECK_ENUM8("jji", ""),
    /** (from, elements, last): pairs of bytes; traps if one is larger than the last. */
    CHECK_ENUM16("jji", "");

    private final Signature signature;

    ComponentHelper(String params, String results) {
        signature = new Signature(types(params), types(results));
    }

    private static List<Type> types(String letters) {
        List<Type> types = new ArrayList<>();
        for (char c : letters.toCharArray()) {
            types.add(c == 'i' ? Type.I32 : Type.I64);
        }
        return types;
    }

    Signature signature() {
        return signature;
    }

    FuncKey key() {
        return FuncKey.of(FuncKey.Kind.COMPONENT_HELPER, 0, ordinal());
    }

    Inst call(Builder b, Value... args) {
        return b.call(new CallTarget(key(), signature), args);
    }

    Function translate(ComponentFunctions component) {
        return switch (this) {
            case HANDLE_ADD -> HandleCode.add(component, key());
            case HANDLE_REP -> HandleCode.rep(component, key());
            case HANDLE_TAKE -> HandleCode.take(component, key());
            case COPY_BOOLS, CHECK_CHARS, CHECK_ENUM8, CHECK_ENUM16 -> ListCode.translate(component, this);
            default -> Transcoders.translate(component, this);
        };
    }
}
