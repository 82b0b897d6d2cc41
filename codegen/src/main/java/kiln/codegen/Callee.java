package kiln.codegen;

import kiln.artifact.FuncKey;

/**
 * What is called, as operands of the call.
 *
 * @param key a function of this file, or null
 * @param address its address if there is no {@code key}
 * @param context the VMContext to call in if there is no {@code key}; may be the register that always holds this one
 * @param contextDistance bytes from this VMContext to the one to call in if there is a {@code key}
 */
public record Callee(FuncKey key, Reg address, Reg context, int contextDistance) {}
