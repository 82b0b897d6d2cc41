package kiln.codegen;

/**
 * Calls and returns, which go by the calling convention and are the same for all instruction sets.
 *
 * @param <C> what the rules of a back end read and write
 */
public final class CallRules<C extends LoweringContext> {
    /** CALL, CALL_INDIRECT. */
    public final Rules<C> call = Rules.<C>of("call").base("call", (c, inst) -> c.calls.lowerCall(inst));

    /** INVOKE, INVOKE_INDIRECT. */
    public final Rules<C> invoke = Rules.<C>of("invoke").base("call", (c, inst) -> c.calls.lowerInvoke(inst));

    /** CAUGHT. */
    public final Rules<C> caught = Rules.<C>of("caught").base("landing pad", (c, inst) -> c.calls.lowerCaught(inst));

    /** THROW. */
    public final Rules<C> throwException =
            Rules.<C>of("throw").base("leave for a handler", (c, inst) -> c.calls.lowerThrow(inst));

    /** CALL_NATIVE. */
    public final Rules<C> nativeCall = Rules.<C>of("callNative")
            .rule("of an int", (c, inst) -> c.calls.lowerIntCall(inst))
            .base("call", (c, inst) -> c.calls.lowerNativeCall(inst));

    /** RETURN. */
    public final Rules<C> ret = Rules.<C>of("return").base("return", (c, inst) -> c.calls.lowerReturn(inst));

    /** RETURN_CALL, RETURN_CALL_INDIRECT. */
    public final Rules<C> tailCall =
            Rules.<C>of("returnCall").base("tail call", (c, inst) -> c.calls.lowerTailCall(inst));
}
