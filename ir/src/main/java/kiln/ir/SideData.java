package kiln.ir;

/** What an instruction carries besides its type, its operands and a number. {@link Inst} has an accessor for each. */
public sealed interface SideData
        permits IntCond,
                FloatCond,
                MemoryOp,
                AtomicAccess,
                CallTarget,
                TrapReason,
                V128,
                LaneOp,
                StackArea,
                ConstantBytes {
    /**
     * What belongs to an operation besides operands: a number ({@link Inst#imm()}), side data, or both. It decides
     * about the text form, too.
     */
    enum Kind {
        NONE(null),
        /** The number is an integer's value: {@code iconst.i32 5}. */
        INTEGER(null),
        /** The number is a float's bits: {@code fconst.f32 0x3f800000}. */
        FLOAT_BITS(null),
        /** The number is a size in bytes: {@code stack_addr.i64 16}, {@code stack_addr.i64 references 16}. */
        AREA(StackArea.class),
        /** {@code data_addr.i64 3 0x030201}: how many bytes, and eight at a time as little-endian numbers. */
        BYTES(ConstantBytes.class),
        /** {@code vconst.v128 0x1 0x2}: bytes 0 to 7, and 8 to 15, as little-endian numbers. */
        VECTOR(V128.class),
        /** {@code icmp.i32.slt v0, v1}. */
        INT_COND(IntCond.class),
        /** {@code fcmp.f64.lt v0, v1}. */
        FLOAT_COND(FloatCond.class),
        /** {@code load.i32 memory0 w4 trap [v0 + 8]}, two values on the heap; the number is the displacement. */
        ACCESS(MemoryOp.class),
        /** {@code atomic_rmw.i32.add memory0 w4 trap [v0 + 8], v1}; the number is the displacement. */
        ATOMIC(AtomicAccess.class),
        /** {@code call wasm_function[0,1] (i32) -> (i32) (v0)}. */
        CALLEE(CallTarget.class),
        /** {@code trap_if.i32 null_reference v0}. */
        TRAP(TrapReason.class),
        /** {@code vbinary.v128.i8x16.add v0, v1}. */
        LANES(LaneOp.class),
        /** {@code vextract.i32.i8x16.extract_lane_s 3 v0}; the number is the lane. */
        LANE(LaneOp.class),
        /** {@code vshuffle.v128 0x1 0x2 v0, v1}: a byte of the vector for each byte of the result. */
        INDICES(V128.class);

        private final Class<? extends SideData> type;

        Kind(Class<? extends SideData> type) {
            this.type = type;
        }

        /** The class of the side data, or null if there is none. */
        public Class<? extends SideData> type() {
            return type;
        }
    }
}
