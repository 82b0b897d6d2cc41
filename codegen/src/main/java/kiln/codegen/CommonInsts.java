package kiln.codegen;

import kiln.ir.Type;

/** The instructions that code shared by all instruction sets emits; each back end makes them. */
public interface CommonInsts extends MoveFactory {
    /** An unconditional jump, which emits nothing if {@link EmitContext#isNext} holds for its target. */
    MachInst jump(MachBlock target);

    /** The low half of {@code source}, zero-extended, whatever the upper half is: never taken for a plain copy. */
    MachInst zeroExtend(Reg target, Reg source);

    /**
     * A load of a whole value.
     *
     * @param readOnly whether the same load gives the same value anywhere in the function
     */
    MachInst loadValue(Type type, Reg target, Reg base, int offset, boolean readOnly);

    /** A store of a whole value. */
    MachInst storeValue(Type type, Reg base, int offset, Reg source);

    /** Makes the stack pointer this frame's. The stub that throws has set the frame base and the VMContext. */
    void emitLandingPad(EmitContext context);

    /** Calls the stub that throws. The return address must lie in this function: something stands behind the call. */
    void emitThrow(EmitContext context);

    /** A call of a wasm or C function. */
    MachInst call(CallSite site);

    /**
     * A jump to a wasm function after this frame and its stack arguments have been replaced by the callee's arguments.
     *
     * @param argumentBytes size of this function's own stack arguments
     */
    MachInst tailCall(CallSite site, int argumentBytes);

    /**
     * The end of the function, with results in their registers.
     *
     * @param argumentBytes size of this function's own stack arguments, which it takes off
     */
    MachInst returnFrom(OperandList results, int argumentBytes);
}
