package kiln.wasm;

import static kiln.wasm.Imm.BLOCK_TYPE;
import static kiln.wasm.Imm.CAST_BRANCH;
import static kiln.wasm.Imm.CATCHES;
import static kiln.wasm.Imm.DATA;
import static kiln.wasm.Imm.DATA_MEMORY;
import static kiln.wasm.Imm.ELEM;
import static kiln.wasm.Imm.ELEM_TABLE;
import static kiln.wasm.Imm.F32;
import static kiln.wasm.Imm.F64;
import static kiln.wasm.Imm.FENCE;
import static kiln.wasm.Imm.FUNC;
import static kiln.wasm.Imm.GLOBAL;
import static kiln.wasm.Imm.HEAP_TYPE;
import static kiln.wasm.Imm.I32;
import static kiln.wasm.Imm.I64;
import static kiln.wasm.Imm.LABEL;
import static kiln.wasm.Imm.LABELS;
import static kiln.wasm.Imm.LANE;
import static kiln.wasm.Imm.LOCAL;
import static kiln.wasm.Imm.MEMARG;
import static kiln.wasm.Imm.MEMARG_LANE;
import static kiln.wasm.Imm.MEMORY;
import static kiln.wasm.Imm.MEMORY_MEMORY;
import static kiln.wasm.Imm.SHUFFLE;
import static kiln.wasm.Imm.TABLE;
import static kiln.wasm.Imm.TABLE_TABLE;
import static kiln.wasm.Imm.TAG;
import static kiln.wasm.Imm.TYPE;
import static kiln.wasm.Imm.TYPE_DATA;
import static kiln.wasm.Imm.TYPE_ELEM;
import static kiln.wasm.Imm.TYPE_FIELD;
import static kiln.wasm.Imm.TYPE_LENGTH;
import static kiln.wasm.Imm.TYPE_TABLE;
import static kiln.wasm.Imm.TYPE_TYPE;
import static kiln.wasm.Imm.V128;
import static kiln.wasm.Imm.VAL_TYPES;

import java.util.Arrays;
import kiln.types.ValType;

/**
 * Every instruction, one line each: encoding, name, immediates, bytes of a memory access or lane (as a power of two),
 * signature, proposal. The encoding of a prefixed instruction is {@code prefix << 12 | sub-opcode}.
 *
 * <p>A signature lists operands, a colon, results: i i32, l i64, f f32, d f64, v v128, a the address type of the
 * memory that the instruction names. An instruction without a signature has a validation rule of its own.
 */
public enum Op {
    // Control (section 5.4.1). Legacy exception handling shares the range.
    UNREACHABLE(0x00, "unreachable"),
    NOP(0x01, "nop", ":"),
    BLOCK(0x02, "block", BLOCK_TYPE),
    LOOP(0x03, "loop", BLOCK_TYPE),
    IF(0x04, "if", BLOCK_TYPE),
    ELSE(0x05, "else"),
    TRY(0x06, "try", BLOCK_TYPE, Feature.LEGACY_EXCEPTIONS),
    CATCH(0x07, "catch", TAG, Feature.LEGACY_EXCEPTIONS),
    THROW(0x08, "throw", TAG, Feature.EXCEPTIONS),
    RETHROW(0x09, "rethrow", LABEL, Feature.LEGACY_EXCEPTIONS),
    THROW_REF(0x0A, "throw_ref", Feature.EXCEPTIONS),
    END(0x0B, "end"),
    BR(0x0C, "br", LABEL),
    BR_IF(0x0D, "br_if", LABEL),
    BR_TABLE(0x0E, "br_table", LABELS),
    RETURN(0x0F, "return"),
    CALL(0x10, "call", FUNC),
    CALL_INDIRECT(0x11, "call_indirect", TYPE_TABLE),
    RETURN_CALL(0x12, "return_call", FUNC, Feature.TAIL_CALL),
    RETURN_CALL_INDIRECT(0x13, "return_call_indirect", TYPE_TABLE, Feature.TAIL_CALL),
    CALL_REF(0x14, "call_ref", TYPE, Feature.FUNCTION_REFERENCES),
    RETURN_CALL_REF(0x15, "return_call_ref", TYPE, Feature.TAIL_CALL),
    DELEGATE(0x18, "delegate", LABEL, Feature.LEGACY_EXCEPTIONS),
    CATCH_ALL(0x19, "catch_all", Feature.LEGACY_EXCEPTIONS),
    DROP(0x1A, "drop"),
    SELECT(0x1B, "select"),
    SELECT_T(0x1C, "select", VAL_TYPES, Feature.REFERENCE_TYPES),
    TRY_TABLE(0x1F, "try_table", CATCHES, Feature.EXCEPTIONS),

    // Variables and tables
    LOCAL_GET(0x20, "local.get", LOCAL),
    LOCAL_SET(0x21, "local.set", LOCAL),
    LOCAL_TEE(0x22, "local.tee", LOCAL),
    GLOBAL_GET(0x23, "global.get", GLOBAL),
    GLOBAL_SET(0x24, "global.set", GLOBAL),
    TABLE_GET(0x25, "table.get", TABLE, Feature.REFERENCE_TYPES),
    TABLE_SET(0x26, "table.set", TABLE, Feature.REFERENCE_TYPES),

    // Memory: natural alignment as a power of two, then the signature (a = address type of the memory)
    I32_LOAD(0x28, "i32.load", MEMARG, 2, "a:i"),
    I64_LOAD(0x29, "i64.load", MEMARG, 3, "a:l"),
    F32_LOAD(0x2A, "f32.load", MEMARG, 2, "a:f"),
    F64_LOAD(0x2B, "f64.load", MEMARG, 3, "a:d"),
    I32_LOAD8_S(0x2C, "i32.load8_s", MEMARG, 0, "a:i"),
    I32_LOAD8_U(0x2D, "i32.load8_u", MEMARG, 0, "a:i"),
    I32_LOAD16_S(0x2E, "i32.load16_s", MEMARG, 1, "a:i"),
    I32_LOAD16_U(0x2F, "i32.load16_u", MEMARG, 1, "a:i"),
    I64_LOAD8_S(0x30, "i64.load8_s", MEMARG, 0, "a:l"),
    I64_LOAD8_U(0x31, "i64.load8_u", MEMARG, 0, "a:l"),
    I64_LOAD16_S(0x32, "i64.load16_s", MEMARG, 1, "a:l"),
    I64_LOAD16_U(0x33, "i64.load16_u", MEMARG, 1, "a:l"),
    I64_LOAD32_S(0x34, "i64.load32_s", MEMARG, 2, "a:l"),
    I64_LOAD32_U(0x35, "i64.load32_u", MEMARG, 2, "a:l"),
    I32_STORE(0x36, "i32.store", MEMARG, 2, "ai:"),
    I64_STORE(0x37, "i64.store", MEMARG, 3, "al:"),
    F32_STORE(0x38, "f32.store", MEMARG, 2, "af:"),
    F64_STORE(0x39, "f64.store", MEMARG, 3, "ad:"),
    I32_STORE8(0x3A, "i32.store8", MEMARG, 0, "ai:"),
    I32_STORE16(0x3B, "i32.store16", MEMARG, 1, "ai:"),
    I64_STORE8(0x3C, "i64.store8", MEMARG, 0, "al:"),
    I64_STORE16(0x3D, "i64.store16", MEMARG, 1, "al:"),
    I64_STORE32(0x3E, "i64.store32", MEMARG, 2, "al:"),
    MEMORY_SIZE(0x3F, "memory.size", MEMORY, ":a"),
    MEMORY_GROW(0x40, "memory.grow", MEMORY, "a:a"),

    // Constants
    I32_CONST(0x41, "i32.const", I32, ":i"),
    I64_CONST(0x42, "i64.const", I64, ":l"),
    F32_CONST(0x43, "f32.const", F32, ":f"),
    F64_CONST(0x44, "f64.const", F64, ":d"),

    // Integer and float arithmetic
    I32_EQZ(0x45, "i32.eqz", "i:i"),
    I32_EQ(0x46, "i32.eq", "ii:i"),
    I32_NE(0x47, "i32.ne", "ii:i"),
    I32_LT_S(0x48, "i32.lt_s", "ii:i"),
    I32_LT_U(0x49, "i32.lt_u", "ii:i"),
    I32_GT_S(0x4A, "i32.gt_s", "ii:i"),
    I32_GT_U(0x4B, "i32.gt_u", "ii:i"),
    I32_LE_S(0x4C, "i32.le_s", "ii:i"),
    I32_LE_U(0x4D, "i32.le_u", "ii:i"),
    I32_GE_S(0x4E, "i32.ge_s", "ii:i"),
    I32_GE_U(0x4F, "i32.ge_u", "ii:i"),
    I64_EQZ(0x50, "i64.eqz", "l:i"),
    I64_EQ(0x51, "i64.eq", "ll:i"),
    I64_NE(0x52, "i64.ne", "ll:i"),
    I64_LT_S(0x53, "i64.lt_s", "ll:i"),
    I64_LT_U(0x54, "i64.lt_u", "ll:i"),
    I64_GT_S(0x55, "i64.gt_s", "ll:i"),
    I64_GT_U(0x56, "i64.gt_u", "ll:i"),
    I64_LE_S(0x57, "i64.le_s", "ll:i"),
    I64_LE_U(0x58, "i64.le_u", "ll:i"),
    I64_GE_S(0x59, "i64.ge_s", "ll:i"),
    I64_GE_U(0x5A, "i64.ge_u", "ll:i"),
    F32_EQ(0x5B, "f32.eq", "ff:i"),
    F32_NE(0x5C, "f32.ne", "ff:i"),
    F32_LT(0x5D, "f32.lt", "ff:i"),
    F32_GT(0x5E, "f32.gt", "ff:i"),
    F32_LE(0x5F, "f32.le", "ff:i"),
    F32_GE(0x60, "f32.ge", "ff:i"),
    F64_EQ(0x61, "f64.eq", "dd:i"),
    F64_NE(0x62, "f64.ne", "dd:i"),
    F64_LT(0x63, "f64.lt", "dd:i"),
    F64_GT(0x64, "f64.gt", "dd:i"),
    F64_LE(0x65, "f64.le", "dd:i"),
    F64_GE(0x66, "f64.ge", "dd:i"),
    I32_CLZ(0x67, "i32.clz", "i:i"),
    I32_CTZ(0x68, "i32.ctz", "i:i"),
    I32_POPCNT(0x69, "i32.popcnt", "i:i"),
    I32_ADD(0x6A, "i32.add", "ii:i"),
    I32_SUB(0x6B, "i32.sub", "ii:i"),
    I32_MUL(0x6C, "i32.mul", "ii:i"),
    I32_DIV_S(0x6D, "i32.div_s", "ii:i"),
    I32_DIV_U(0x6E, "i32.div_u", "ii:i"),
    I32_REM_S(0x6F, "i32.rem_s", "ii:i"),
    I32_REM_U(0x70, "i32.rem_u", "ii:i"),
    I32_AND(0x71, "i32.and", "ii:i"),
    I32_OR(0x72, "i32.or", "ii:i"),
    I32_XOR(0x73, "i32.xor", "ii:i"),
    I32_SHL(0x74, "i32.shl", "ii:i"),
    I32_SHR_S(0x75, "i32.shr_s", "ii:i"),
    I32_SHR_U(0x76, "i32.shr_u", "ii:i"),
    I32_ROTL(0x77, "i32.rotl", "ii:i"),
    I32_ROTR(0x78, "i32.rotr", "ii:i"),
    I64_CLZ(0x79, "i64.clz", "l:l"),
    I64_CTZ(0x7A, "i64.ctz", "l:l"),
    I64_POPCNT(0x7B, "i64.popcnt", "l:l"),
    I64_ADD(0x7C, "i64.add", "ll:l"),
    I64_SUB(0x7D, "i64.sub", "ll:l"),
    I64_MUL(0x7E, "i64.mul", "ll:l"),
    I64_DIV_S(0x7F, "i64.div_s", "ll:l"),
    I64_DIV_U(0x80, "i64.div_u", "ll:l"),
    I64_REM_S(0x81, "i64.rem_s", "ll:l"),
    I64_REM_U(0x82, "i64.rem_u", "ll:l"),
    I64_AND(0x83, "i64.and", "ll:l"),
    I64_OR(0x84, "i64.or", "ll:l"),
    I64_XOR(0x85, "i64.xor", "ll:l"),
    I64_SHL(0x86, "i64.shl", "ll:l"),
    I64_SHR_S(0x87, "i64.shr_s", "ll:l"),
    I64_SHR_U(0x88, "i64.shr_u", "ll:l"),
    I64_ROTL(0x89, "i64.rotl", "ll:l"),
    I64_ROTR(0x8A, "i64.rotr", "ll:l"),
    F32_ABS(0x8B, "f32.abs", "f:f"),
    F32_NEG(0x8C, "f32.neg", "f:f"),
    F32_CEIL(0x8D, "f32.ceil", "f:f"),
    F32_FLOOR(0x8E, "f32.floor", "f:f"),
    F32_TRUNC(0x8F, "f32.trunc", "f:f"),
    F32_NEAREST(0x90, "f32.nearest", "f:f"),
    F32_SQRT(0x91, "f32.sqrt", "f:f"),
    F32_ADD(0x92, "f32.add", "ff:f"),
    F32_SUB(0x93, "f32.sub", "ff:f"),
    F32_MUL(0x94, "f32.mul", "ff:f"),
    F32_DIV(0x95, "f32.div", "ff:f"),
    F32_MIN(0x96, "f32.min", "ff:f"),
    F32_MAX(0x97, "f32.max", "ff:f"),
    F32_COPYSIGN(0x98, "f32.copysign", "ff:f"),
    F64_ABS(0x99, "f64.abs", "d:d"),
    F64_NEG(0x9A, "f64.neg", "d:d"),
    F64_CEIL(0x9B, "f64.ceil", "d:d"),
    F64_FLOOR(0x9C, "f64.floor", "d:d"),
    F64_TRUNC(0x9D, "f64.trunc", "d:d"),
    F64_NEAREST(0x9E, "f64.nearest", "d:d"),
    F64_SQRT(0x9F, "f64.sqrt", "d:d"),
    F64_ADD(0xA0, "f64.add", "dd:d"),
    F64_SUB(0xA1, "f64.sub", "dd:d"),
    F64_MUL(0xA2, "f64.mul", "dd:d"),
    F64_DIV(0xA3, "f64.div", "dd:d"),
    F64_MIN(0xA4, "f64.min", "dd:d"),
    F64_MAX(0xA5, "f64.max", "dd:d"),
    F64_COPYSIGN(0xA6, "f64.copysign", "dd:d"),
    I32_WRAP_I64(0xA7, "i32.wrap_i64", "l:i"),
    I32_TRUNC_F32_S(0xA8, "i32.trunc_f32_s", "f:i"),
    I32_TRUNC_F32_U(0xA9, "i32.trunc_f32_u", "f:i"),
    I32_TRUNC_F64_S(0xAA, "i32.trunc_f64_s", "d:i"),
    I32_TRUNC_F64_U(0xAB, "i32.trunc_f64_u", "d:i"),
    I64_EXTEND_I32_S(0xAC, "i64.extend_i32_s", "i:l"),
    I64_EXTEND_I32_U(0xAD, "i64.extend_i32_u", "i:l"),
    I64_TRUNC_F32_S(0xAE, "i64.trunc_f32_s", "f:l"),
    I64_TRUNC_F32_U(0xAF, "i64.trunc_f32_u", "f:l"),
    I64_TRUNC_F64_S(0xB0, "i64.trunc_f64_s", "d:l"),
    I64_TRUNC_F64_U(0xB1, "i64.trunc_f64_u", "d:l"),
    F32_CONVERT_I32_S(0xB2, "f32.convert_i32_s", "i:f"),
    F32_CONVERT_I32_U(0xB3, "f32.convert_i32_u", "i:f"),
    F32_CONVERT_I64_S(0xB4, "f32.convert_i64_s", "l:f"),
    F32_CONVERT_I64_U(0xB5, "f32.convert_i64_u", "l:f"),
    F32_DEMOTE_F64(0xB6, "f32.demote_f64", "d:f"),
    F64_CONVERT_I32_S(0xB7, "f64.convert_i32_s", "i:d"),
    F64_CONVERT_I32_U(0xB8, "f64.convert_i32_u", "i:d"),
    F64_CONVERT_I64_S(0xB9, "f64.convert_i64_s", "l:d"),
    F64_CONVERT_I64_U(0xBA, "f64.convert_i64_u", "l:d"),
    F64_PROMOTE_F32(0xBB, "f64.promote_f32", "f:d"),
    I32_REINTERPRET_F32(0xBC, "i32.reinterpret_f32", "f:i"),
    I64_REINTERPRET_F64(0xBD, "i64.reinterpret_f64", "d:l"),
    F32_REINTERPRET_I32(0xBE, "f32.reinterpret_i32", "i:f"),
    F64_REINTERPRET_I64(0xBF, "f64.reinterpret_i64", "l:d"),
    I32_EXTEND8_S(0xC0, "i32.extend8_s", "i:i", Feature.SIGN_EXTENSION),
    I32_EXTEND16_S(0xC1, "i32.extend16_s", "i:i", Feature.SIGN_EXTENSION),
    I64_EXTEND8_S(0xC2, "i64.extend8_s", "l:l", Feature.SIGN_EXTENSION),
    I64_EXTEND16_S(0xC3, "i64.extend16_s", "l:l", Feature.SIGN_EXTENSION),
    I64_EXTEND32_S(0xC4, "i64.extend32_s", "l:l", Feature.SIGN_EXTENSION),

    // References
    REF_NULL(0xD0, "ref.null", HEAP_TYPE, Feature.REFERENCE_TYPES),
    REF_IS_NULL(0xD1, "ref.is_null", Feature.REFERENCE_TYPES),
    REF_FUNC(0xD2, "ref.func", FUNC, Feature.REFERENCE_TYPES),
    REF_EQ(0xD3, "ref.eq", Feature.GC),
    REF_AS_NON_NULL(0xD4, "ref.as_non_null", Feature.FUNCTION_REFERENCES),
    BR_ON_NULL(0xD5, "br_on_null", LABEL, Feature.FUNCTION_REFERENCES),
    BR_ON_NON_NULL(0xD6, "br_on_non_null", LABEL, Feature.FUNCTION_REFERENCES),

    // Prefix 0xFB: garbage collection
    STRUCT_NEW(0xFB000, "struct.new", TYPE, Feature.GC),
    STRUCT_NEW_DEFAULT(0xFB001, "struct.new_default", TYPE, Feature.GC),
    STRUCT_GET(0xFB002, "struct.get", TYPE_FIELD, Feature.GC),
    STRUCT_GET_S(0xFB003, "struct.get_s", TYPE_FIELD, Feature.GC),
    STRUCT_GET_U(0xFB004, "struct.get_u", TYPE_FIELD, Feature.GC),
    STRUCT_SET(0xFB005, "struct.set", TYPE_FIELD, Feature.GC),
    ARRAY_NEW(0xFB006, "array.new", TYPE, Feature.GC),
    ARRAY_NEW_DEFAULT(0xFB007, "array.new_default", TYPE, Feature.GC),
    ARRAY_NEW_FIXED(0xFB008, "array.new_fixed", TYPE_LENGTH, Feature.GC),
    ARRAY_NEW_DATA(0xFB009, "array.new_data", TYPE_DATA, Feature.GC),
    ARRAY_NEW_ELEM(0xFB00A, "array.new_elem", TYPE_ELEM, Feature.GC),
    ARRAY_GET(0xFB00B, "array.get", TYPE, Feature.GC),
    ARRAY_GET_S(0xFB00C, "array.get_s", TYPE, Feature.GC),
    ARRAY_GET_U(0xFB00D, "array.get_u", TYPE, Feature.GC),
    ARRAY_SET(0xFB00E, "array.set", TYPE, Feature.GC),
    ARRAY_LEN(0xFB00F, "array.len", Feature.GC),
    ARRAY_FILL(0xFB010, "array.fill", TYPE, Feature.GC),
    ARRAY_COPY(0xFB011, "array.copy", TYPE_TYPE, Feature.GC),
    ARRAY_INIT_DATA(0xFB012, "array.init_data", TYPE_DATA, Feature.GC),
    ARRAY_INIT_ELEM(0xFB013, "array.init_elem", TYPE_ELEM, Feature.GC),
    REF_TEST(0xFB014, "ref.test", HEAP_TYPE, Feature.GC),
    REF_TEST_NULL(0xFB015, "ref.test null", HEAP_TYPE, Feature.GC),
    REF_CAST(0xFB016, "ref.cast", HEAP_TYPE, Feature.GC),
    REF_CAST_NULL(0xFB017, "ref.cast null", HEAP_TYPE, Feature.GC),
    BR_ON_CAST(0xFB018, "br_on_cast", CAST_BRANCH, Feature.GC),
    BR_ON_CAST_FAIL(0xFB019, "br_on_cast_fail", CAST_BRANCH, Feature.GC),
    ANY_CONVERT_EXTERN(0xFB01A, "any.convert_extern", Feature.GC),
    EXTERN_CONVERT_ANY(0xFB01B, "extern.convert_any", Feature.GC),
    REF_I31(0xFB01C, "ref.i31", Feature.GC),
    I31_GET_S(0xFB01D, "i31.get_s", Feature.GC),
    I31_GET_U(0xFB01E, "i31.get_u", Feature.GC),

    // Prefix 0xFC: saturating conversions, bulk memory, tables, wide arithmetic
    I32_TRUNC_SAT_F32_S(0xFC000, "i32.trunc_sat_f32_s", "f:i", Feature.SATURATING_FLOAT_TO_INT),
    I32_TRUNC_SAT_F32_U(0xFC001, "i32.trunc_sat_f32_u", "f:i", Feature.SATURATING_FLOAT_TO_INT),
    I32_TRUNC_SAT_F64_S(0xFC002, "i32.trunc_sat_f64_s", "d:i", Feature.SATURATING_FLOAT_TO_INT),
    I32_TRUNC_SAT_F64_U(0xFC003, "i32.trunc_sat_f64_u", "d:i", Feature.SATURATING_FLOAT_TO_INT),
    I64_TRUNC_SAT_F32_S(0xFC004, "i64.trunc_sat_f32_s", "f:l", Feature.SATURATING_FLOAT_TO_INT),
    I64_TRUNC_SAT_F32_U(0xFC005, "i64.trunc_sat_f32_u", "f:l", Feature.SATURATING_FLOAT_TO_INT),
    I64_TRUNC_SAT_F64_S(0xFC006, "i64.trunc_sat_f64_s", "d:l", Feature.SATURATING_FLOAT_TO_INT),
    I64_TRUNC_SAT_F64_U(0xFC007, "i64.trunc_sat_f64_u", "d:l", Feature.SATURATING_FLOAT_TO_INT),
    MEMORY_INIT(0xFC008, "memory.init", DATA_MEMORY, "aii:", Feature.BULK_MEMORY),
    DATA_DROP(0xFC009, "data.drop", DATA, ":", Feature.BULK_MEMORY),
    MEMORY_COPY(0xFC00A, "memory.copy", MEMORY_MEMORY, Feature.BULK_MEMORY),
    MEMORY_FILL(0xFC00B, "memory.fill", MEMORY, "aia:", Feature.BULK_MEMORY),
    TABLE_INIT(0xFC00C, "table.init", ELEM_TABLE, Feature.BULK_MEMORY),
    ELEM_DROP(0xFC00D, "elem.drop", ELEM, ":", Feature.BULK_MEMORY),
    TABLE_COPY(0xFC00E, "table.copy", TABLE_TABLE, Feature.BULK_MEMORY),
    TABLE_GROW(0xFC00F, "table.grow", TABLE, Feature.REFERENCE_TYPES),
    TABLE_SIZE(0xFC010, "table.size", TABLE, Feature.REFERENCE_TYPES),
    TABLE_FILL(0xFC011, "table.fill", TABLE, Feature.REFERENCE_TYPES),
    I64_ADD128(0xFC013, "i64.add128", "llll:ll", Feature.WIDE_ARITHMETIC),
    I64_SUB128(0xFC014, "i64.sub128", "llll:ll", Feature.WIDE_ARITHMETIC),
    I64_MUL_WIDE_S(0xFC015, "i64.mul_wide_s", "ll:ll", Feature.WIDE_ARITHMETIC),
    I64_MUL_WIDE_U(0xFC016, "i64.mul_wide_u", "ll:ll", Feature.WIDE_ARITHMETIC),

    // Prefix 0xFD: 128-bit vectors
    V128_LOAD(0xFD000, "v128.load", MEMARG, 4, "a:v", Feature.SIMD),
    V128_LOAD8X8_S(0xFD001, "v128.load8x8_s", MEMARG, 3, "a:v", Feature.SIMD),
    V128_LOAD8X8_U(0xFD002, "v128.load8x8_u", MEMARG, 3, "a:v", Feature.SIMD),
    V128_LOAD16X4_S(0xFD003, "v128.load16x4_s", MEMARG, 3, "a:v", Feature.SIMD),
    V128_LOAD16X4_U(0xFD004, "v128.load16x4_u", MEMARG, 3, "a:v", Feature.SIMD),
    V128_LOAD32X2_S(0xFD005, "v128.load32x2_s", MEMARG, 3, "a:v", Feature.SIMD),
    V128_LOAD32X2_U(0xFD006, "v128.load32x2_u", MEMARG, 3, "a:v", Feature.SIMD),
    V128_LOAD8_SPLAT(0xFD007, "v128.load8_splat", MEMARG, 0, "a:v", Feature.SIMD),
    V128_LOAD16_SPLAT(0xFD008, "v128.load16_splat", MEMARG, 1, "a:v", Feature.SIMD),
    V128_LOAD32_SPLAT(0xFD009, "v128.load32_splat", MEMARG, 2, "a:v", Feature.SIMD),
    V128_LOAD64_SPLAT(0xFD00A, "v128.load64_splat", MEMARG, 3, "a:v", Feature.SIMD),
    V128_STORE(0xFD00B, "v128.store", MEMARG, 4, "av:", Feature.SIMD),
    V128_CONST(0xFD00C, "v128.const", V128, ":v", Feature.SIMD),
    I8X16_SHUFFLE(0xFD00D, "i8x16.shuffle", SHUFFLE, "vv:v", Feature.SIMD),
    I8X16_SWIZZLE(0xFD00E, "i8x16.swizzle", "vv:v", Feature.SIMD),
    I8X16_SPLAT(0xFD00F, "i8x16.splat", "i:v", Feature.SIMD),
    I16X8_SPLAT(0xFD010, "i16x8.splat", "i:v", Feature.SIMD),
    I32X4_SPLAT(0xFD011, "i32x4.splat", "i:v", Feature.SIMD),
    I64X2_SPLAT(0xFD012, "i64x2.splat", "l:v", Feature.SIMD),
    F32X4_SPLAT(0xFD013, "f32x4.splat", "f:v", Feature.SIMD),
    F64X2_SPLAT(0xFD014, "f64x2.splat", "d:v", Feature.SIMD),
    I8X16_EXTRACT_LANE_S(0xFD015, "i8x16.extract_lane_s", LANE, 0, "v:i", Feature.SIMD),
    I8X16_EXTRACT_LANE_U(0xFD016, "i8x16.extract_lane_u", LANE, 0, "v:i", Feature.SIMD),
    I8X16_REPLACE_LANE(0xFD017, "i8x16.replace_lane", LANE, 0, "vi:v", Feature.SIMD),
    I16X8_EXTRACT_LANE_S(0xFD018, "i16x8.extract_lane_s", LANE, 1, "v:i", Feature.SIMD),
    I16X8_EXTRACT_LANE_U(0xFD019, "i16x8.extract_lane_u", LANE, 1, "v:i", Feature.SIMD),
    I16X8_REPLACE_LANE(0xFD01A, "i16x8.replace_lane", LANE, 1, "vi:v", Feature.SIMD),
    I32X4_EXTRACT_LANE(0xFD01B, "i32x4.extract_lane", LANE, 2, "v:i", Feature.SIMD),
    I32X4_REPLACE_LANE(0xFD01C, "i32x4.replace_lane", LANE, 2, "vi:v", Feature.SIMD),
    I64X2_EXTRACT_LANE(0xFD01D, "i64x2.extract_lane", LANE, 3, "v:l", Feature.SIMD),
    I64X2_REPLACE_LANE(0xFD01E, "i64x2.replace_lane", LANE, 3, "vl:v", Feature.SIMD),
    F32X4_EXTRACT_LANE(0xFD01F, "f32x4.extract_lane", LANE, 2, "v:f", Feature.SIMD),
    F32X4_REPLACE_LANE(0xFD020, "f32x4.replace_lane", LANE, 2, "vf:v", Feature.SIMD),
    F64X2_EXTRACT_LANE(0xFD021, "f64x2.extract_lane", LANE, 3, "v:d", Feature.SIMD),
    F64X2_REPLACE_LANE(0xFD022, "f64x2.replace_lane", LANE, 3, "vd:v", Feature.SIMD),
    I8X16_EQ(0xFD023, "i8x16.eq", "vv:v", Feature.SIMD),
    I8X16_NE(0xFD024, "i8x16.ne", "vv:v", Feature.SIMD),
    I8X16_LT_S(0xFD025, "i8x16.lt_s", "vv:v", Feature.SIMD),
    I8X16_LT_U(0xFD026, "i8x16.lt_u", "vv:v", Feature.SIMD),
    I8X16_GT_S(0xFD027, "i8x16.gt_s", "vv:v", Feature.SIMD),
    I8X16_GT_U(0xFD028, "i8x16.gt_u", "vv:v", Feature.SIMD),
    I8X16_LE_S(0xFD029, "i8x16.le_s", "vv:v", Feature.SIMD),
    I8X16_LE_U(0xFD02A, "i8x16.le_u", "vv:v", Feature.SIMD),
    I8X16_GE_S(0xFD02B, "i8x16.ge_s", "vv:v", Feature.SIMD),
    I8X16_GE_U(0xFD02C, "i8x16.ge_u", "vv:v", Feature.SIMD),
    I16X8_EQ(0xFD02D, "i16x8.eq", "vv:v", Feature.SIMD),
    I16X8_NE(0xFD02E, "i16x8.ne", "vv:v", Feature.SIMD),
    I16X8_LT_S(0xFD02F, "i16x8.lt_s", "vv:v", Feature.SIMD),
    I16X8_LT_U(0xFD030, "i16x8.lt_u", "vv:v", Feature.SIMD),
    I16X8_GT_S(0xFD031, "i16x8.gt_s", "vv:v", Feature.SIMD),
    I16X8_GT_U(0xFD032, "i16x8.gt_u", "vv:v", Feature.SIMD),
    I16X8_LE_S(0xFD033, "i16x8.le_s", "vv:v", Feature.SIMD),
    I16X8_LE_U(0xFD034, "i16x8.le_u", "vv:v", Feature.SIMD),
    I16X8_GE_S(0xFD035, "i16x8.ge_s", "vv:v", Feature.SIMD),
    I16X8_GE_U(0xFD036, "i16x8.ge_u", "vv:v", Feature.SIMD),
    I32X4_EQ(0xFD037, "i32x4.eq", "vv:v", Feature.SIMD),
    I32X4_NE(0xFD038, "i32x4.ne", "vv:v", Feature.SIMD),
    I32X4_LT_S(0xFD039, "i32x4.lt_s", "vv:v", Feature.SIMD),
    I32X4_LT_U(0xFD03A, "i32x4.lt_u", "vv:v", Feature.SIMD),
    I32X4_GT_S(0xFD03B, "i32x4.gt_s", "vv:v", Feature.SIMD),
    I32X4_GT_U(0xFD03C, "i32x4.gt_u", "vv:v", Feature.SIMD),
    I32X4_LE_S(0xFD03D, "i32x4.le_s", "vv:v", Feature.SIMD),
    I32X4_LE_U(0xFD03E, "i32x4.le_u", "vv:v", Feature.SIMD),
    I32X4_GE_S(0xFD03F, "i32x4.ge_s", "vv:v", Feature.SIMD),
    I32X4_GE_U(0xFD040, "i32x4.ge_u", "vv:v", Feature.SIMD),
    F32X4_EQ(0xFD041, "f32x4.eq", "vv:v", Feature.SIMD),
    F32X4_NE(0xFD042, "f32x4.ne", "vv:v", Feature.SIMD),
    F32X4_LT(0xFD043, "f32x4.lt", "vv:v", Feature.SIMD),
    F32X4_GT(0xFD044, "f32x4.gt", "vv:v", Feature.SIMD),
    F32X4_LE(0xFD045, "f32x4.le", "vv:v", Feature.SIMD),
    F32X4_GE(0xFD046, "f32x4.ge", "vv:v", Feature.SIMD),
    F64X2_EQ(0xFD047, "f64x2.eq", "vv:v", Feature.SIMD),
    F64X2_NE(0xFD048, "f64x2.ne", "vv:v", Feature.SIMD),
    F64X2_LT(0xFD049, "f64x2.lt", "vv:v", Feature.SIMD),
    F64X2_GT(0xFD04A, "f64x2.gt", "vv:v", Feature.SIMD),
    F64X2_LE(0xFD04B, "f64x2.le", "vv:v", Feature.SIMD),
    F64X2_GE(0xFD04C, "f64x2.ge", "vv:v", Feature.SIMD),
    V128_NOT(0xFD04D, "v128.not", "v:v", Feature.SIMD),
    V128_AND(0xFD04E, "v128.and", "vv:v", Feature.SIMD),
    V128_ANDNOT(0xFD04F, "v128.andnot", "vv:v", Feature.SIMD),
    V128_OR(0xFD050, "v128.or", "vv:v", Feature.SIMD),
    V128_XOR(0xFD051, "v128.xor", "vv:v", Feature.SIMD),
    V128_BITSELECT(0xFD052, "v128.bitselect", "vvv:v", Feature.SIMD),
    V128_ANY_TRUE(0xFD053, "v128.any_true", "v:i", Feature.SIMD),
    V128_LOAD8_LANE(0xFD054, "v128.load8_lane", MEMARG_LANE, 0, "av:v", Feature.SIMD),
    V128_LOAD16_LANE(0xFD055, "v128.load16_lane", MEMARG_LANE, 1, "av:v", Feature.SIMD),
    V128_LOAD32_LANE(0xFD056, "v128.load32_lane", MEMARG_LANE, 2, "av:v", Feature.SIMD),
    V128_LOAD64_LANE(0xFD057, "v128.load64_lane", MEMARG_LANE, 3, "av:v", Feature.SIMD),
    V128_STORE8_LANE(0xFD058, "v128.store8_lane", MEMARG_LANE, 0, "av:", Feature.SIMD),
    V128_STORE16_LANE(0xFD059, "v128.store16_lane", MEMARG_LANE, 1, "av:", Feature.SIMD),
    V128_STORE32_LANE(0xFD05A, "v128.store32_lane", MEMARG_LANE, 2, "av:", Feature.SIMD),
    V128_STORE64_LANE(0xFD05B, "v128.store64_lane", MEMARG_LANE, 3, "av:", Feature.SIMD),
    V128_LOAD32_ZERO(0xFD05C, "v128.load32_zero", MEMARG, 2, "a:v", Feature.SIMD),
    V128_LOAD64_ZERO(0xFD05D, "v128.load64_zero", MEMARG, 3, "a:v", Feature.SIMD),
    F32X4_DEMOTE_F64X2_ZERO(0xFD05E, "f32x4.demote_f64x2_zero", "v:v", Feature.SIMD),
    F64X2_PROMOTE_LOW_F32X4(0xFD05F, "f64x2.promote_low_f32x4", "v:v", Feature.SIMD),
    I8X16_ABS(0xFD060, "i8x16.abs", "v:v", Feature.SIMD),
    I8X16_NEG(0xFD061, "i8x16.neg", "v:v", Feature.SIMD),
    I8X16_POPCNT(0xFD062, "i8x16.popcnt", "v:v", Feature.SIMD),
    I8X16_ALL_TRUE(0xFD063, "i8x16.all_true", "v:i", Feature.SIMD),
    I8X16_BITMASK(0xFD064, "i8x16.bitmask", "v:i", Feature.SIMD),
    I8X16_NARROW_I16X8_S(0xFD065, "i8x16.narrow_i16x8_s", "vv:v", Feature.SIMD),
    I8X16_NARROW_I16X8_U(0xFD066, "i8x16.narrow_i16x8_u", "vv:v", Feature.SIMD),
    F32X4_CEIL(0xFD067, "f32x4.ceil", "v:v", Feature.SIMD),
    F32X4_FLOOR(0xFD068, "f32x4.floor", "v:v", Feature.SIMD),
    F32X4_TRUNC(0xFD069, "f32x4.trunc", "v:v", Feature.SIMD),
    F32X4_NEAREST(0xFD06A, "f32x4.nearest", "v:v", Feature.SIMD),
    I8X16_SHL(0xFD06B, "i8x16.shl", "vi:v", Feature.SIMD),
    I8X16_SHR_S(0xFD06C, "i8x16.shr_s", "vi:v", Feature.SIMD),
    I8X16_SHR_U(0xFD06D, "i8x16.shr_u", "vi:v", Feature.SIMD),
    I8X16_ADD(0xFD06E, "i8x16.add", "vv:v", Feature.SIMD),
    I8X16_ADD_SAT_S(0xFD06F, "i8x16.add_sat_s", "vv:v", Feature.SIMD),
    I8X16_ADD_SAT_U(0xFD070, "i8x16.add_sat_u", "vv:v", Feature.SIMD),
    I8X16_SUB(0xFD071, "i8x16.sub", "vv:v", Feature.SIMD),
    I8X16_SUB_SAT_S(0xFD072, "i8x16.sub_sat_s", "vv:v", Feature.SIMD),
    I8X16_SUB_SAT_U(0xFD073, "i8x16.sub_sat_u", "vv:v", Feature.SIMD),
    F64X2_CEIL(0xFD074, "f64x2.ceil", "v:v", Feature.SIMD),
    F64X2_FLOOR(0xFD075, "f64x2.floor", "v:v", Feature.SIMD),
    I8X16_MIN_S(0xFD076, "i8x16.min_s", "vv:v", Feature.SIMD),
    I8X16_MIN_U(0xFD077, "i8x16.min_u", "vv:v", Feature.SIMD),
    I8X16_MAX_S(0xFD078, "i8x16.max_s", "vv:v", Feature.SIMD),
    I8X16_MAX_U(0xFD079, "i8x16.max_u", "vv:v", Feature.SIMD),
    F64X2_TRUNC(0xFD07A, "f64x2.trunc", "v:v", Feature.SIMD),
    I8X16_AVGR_U(0xFD07B, "i8x16.avgr_u", "vv:v", Feature.SIMD),
    I16X8_EXTADD_PAIRWISE_I8X16_S(0xFD07C, "i16x8.extadd_pairwise_i8x16_s", "v:v", Feature.SIMD),
    I16X8_EXTADD_PAIRWISE_I8X16_U(0xFD07D, "i16x8.extadd_pairwise_i8x16_u", "v:v", Feature.SIMD),
    I32X4_EXTADD_PAIRWISE_I16X8_S(0xFD07E, "i32x4.extadd_pairwise_i16x8_s", "v:v", Feature.SIMD),
    I32X4_EXTADD_PAIRWISE_I16X8_U(0xFD07F, "i32x4.extadd_pairwise_i16x8_u", "v:v", Feature.SIMD),
    I16X8_ABS(0xFD080, "i16x8.abs", "v:v", Feature.SIMD),
    I16X8_NEG(0xFD081, "i16x8.neg", "v:v", Feature.SIMD),
    I16X8_Q15MULR_SAT_S(0xFD082, "i16x8.q15mulr_sat_s", "vv:v", Feature.SIMD),
    I16X8_ALL_TRUE(0xFD083, "i16x8.all_true", "v:i", Feature.SIMD),
    I16X8_BITMASK(0xFD084, "i16x8.bitmask", "v:i", Feature.SIMD),
    I16X8_NARROW_I32X4_S(0xFD085, "i16x8.narrow_i32x4_s", "vv:v", Feature.SIMD),
    I16X8_NARROW_I32X4_U(0xFD086, "i16x8.narrow_i32x4_u", "vv:v", Feature.SIMD),
    I16X8_EXTEND_LOW_I8X16_S(0xFD087, "i16x8.extend_low_i8x16_s", "v:v", Feature.SIMD),
    I16X8_EXTEND_HIGH_I8X16_S(0xFD088, "i16x8.extend_high_i8x16_s", "v:v", Feature.SIMD),
    I16X8_EXTEND_LOW_I8X16_U(0xFD089, "i16x8.extend_low_i8x16_u", "v:v", Feature.SIMD),
    I16X8_EXTEND_HIGH_I8X16_U(0xFD08A, "i16x8.extend_high_i8x16_u", "v:v", Feature.SIMD),
    I16X8_SHL(0xFD08B, "i16x8.shl", "vi:v", Feature.SIMD),
    I16X8_SHR_S(0xFD08C, "i16x8.shr_s", "vi:v", Feature.SIMD),
    I16X8_SHR_U(0xFD08D, "i16x8.shr_u", "vi:v", Feature.SIMD),
    I16X8_ADD(0xFD08E, "i16x8.add", "vv:v", Feature.SIMD),
    I16X8_ADD_SAT_S(0xFD08F, "i16x8.add_sat_s", "vv:v", Feature.SIMD),
    I16X8_ADD_SAT_U(0xFD090, "i16x8.add_sat_u", "vv:v", Feature.SIMD),
    I16X8_SUB(0xFD091, "i16x8.sub", "vv:v", Feature.SIMD),
    I16X8_SUB_SAT_S(0xFD092, "i16x8.sub_sat_s", "vv:v", Feature.SIMD),
    I16X8_SUB_SAT_U(0xFD093, "i16x8.sub_sat_u", "vv:v", Feature.SIMD),
    F64X2_NEAREST(0xFD094, "f64x2.nearest", "v:v", Feature.SIMD),
    I16X8_MUL(0xFD095, "i16x8.mul", "vv:v", Feature.SIMD),
    I16X8_MIN_S(0xFD096, "i16x8.min_s", "vv:v", Feature.SIMD),
    I16X8_MIN_U(0xFD097, "i16x8.min_u", "vv:v", Feature.SIMD),
    I16X8_MAX_S(0xFD098, "i16x8.max_s", "vv:v", Feature.SIMD),
    I16X8_MAX_U(0xFD099, "i16x8.max_u", "vv:v", Feature.SIMD),
    I16X8_AVGR_U(0xFD09B, "i16x8.avgr_u", "vv:v", Feature.SIMD),
    I16X8_EXTMUL_LOW_I8X16_S(0xFD09C, "i16x8.extmul_low_i8x16_s", "vv:v", Feature.SIMD),
    I16X8_EXTMUL_HIGH_I8X16_S(0xFD09D, "i16x8.extmul_high_i8x16_s", "vv:v", Feature.SIMD),
    I16X8_EXTMUL_LOW_I8X16_U(0xFD09E, "i16x8.extmul_low_i8x16_u", "vv:v", Feature.SIMD),
    I16X8_EXTMUL_HIGH_I8X16_U(0xFD09F, "i16x8.extmul_high_i8x16_u", "vv:v", Feature.SIMD),
    I32X4_ABS(0xFD0A0, "i32x4.abs", "v:v", Feature.SIMD),
    I32X4_NEG(0xFD0A1, "i32x4.neg", "v:v", Feature.SIMD),
    I32X4_ALL_TRUE(0xFD0A3, "i32x4.all_true", "v:i", Feature.SIMD),
    I32X4_BITMASK(0xFD0A4, "i32x4.bitmask", "v:i", Feature.SIMD),
    I32X4_EXTEND_LOW_I16X8_S(0xFD0A7, "i32x4.extend_low_i16x8_s", "v:v", Feature.SIMD),
    I32X4_EXTEND_HIGH_I16X8_S(0xFD0A8, "i32x4.extend_high_i16x8_s", "v:v", Feature.SIMD),
    I32X4_EXTEND_LOW_I16X8_U(0xFD0A9, "i32x4.extend_low_i16x8_u", "v:v", Feature.SIMD),
    I32X4_EXTEND_HIGH_I16X8_U(0xFD0AA, "i32x4.extend_high_i16x8_u", "v:v", Feature.SIMD),
    I32X4_SHL(0xFD0AB, "i32x4.shl", "vi:v", Feature.SIMD),
    I32X4_SHR_S(0xFD0AC, "i32x4.shr_s", "vi:v", Feature.SIMD),
    I32X4_SHR_U(0xFD0AD, "i32x4.shr_u", "vi:v", Feature.SIMD),
    I32X4_ADD(0xFD0AE, "i32x4.add", "vv:v", Feature.SIMD),
    I32X4_SUB(0xFD0B1, "i32x4.sub", "vv:v", Feature.SIMD),
    I32X4_MUL(0xFD0B5, "i32x4.mul", "vv:v", Feature.SIMD),
    I32X4_MIN_S(0xFD0B6, "i32x4.min_s", "vv:v", Feature.SIMD),
    I32X4_MIN_U(0xFD0B7, "i32x4.min_u", "vv:v", Feature.SIMD),
    I32X4_MAX_S(0xFD0B8, "i32x4.max_s", "vv:v", Feature.SIMD),
    I32X4_MAX_U(0xFD0B9, "i32x4.max_u", "vv:v", Feature.SIMD),
    I32X4_DOT_I16X8_S(0xFD0BA, "i32x4.dot_i16x8_s", "vv:v", Feature.SIMD),
    I32X4_EXTMUL_LOW_I16X8_S(0xFD0BC, "i32x4.extmul_low_i16x8_s", "vv:v", Feature.SIMD),
    I32X4_EXTMUL_HIGH_I16X8_S(0xFD0BD, "i32x4.extmul_high_i16x8_s", "vv:v", Feature.SIMD),
    I32X4_EXTMUL_LOW_I16X8_U(0xFD0BE, "i32x4.extmul_low_i16x8_u", "vv:v", Feature.SIMD),
    I32X4_EXTMUL_HIGH_I16X8_U(0xFD0BF, "i32x4.extmul_high_i16x8_u", "vv:v", Feature.SIMD),
    I64X2_ABS(0xFD0C0, "i64x2.abs", "v:v", Feature.SIMD),
    I64X2_NEG(0xFD0C1, "i64x2.neg", "v:v", Feature.SIMD),
    I64X2_ALL_TRUE(0xFD0C3, "i64x2.all_true", "v:i", Feature.SIMD),
    I64X2_BITMASK(0xFD0C4, "i64x2.bitmask", "v:i", Feature.SIMD),
    I64X2_EXTEND_LOW_I32X4_S(0xFD0C7, "i64x2.extend_low_i32x4_s", "v:v", Feature.SIMD),
    I64X2_EXTEND_HIGH_I32X4_S(0xFD0C8, "i64x2.extend_high_i32x4_s", "v:v", Feature.SIMD),
    I64X2_EXTEND_LOW_I32X4_U(0xFD0C9, "i64x2.extend_low_i32x4_u", "v:v", Feature.SIMD),
    I64X2_EXTEND_HIGH_I32X4_U(0xFD0CA, "i64x2.extend_high_i32x4_u", "v:v", Feature.SIMD),
    I64X2_SHL(0xFD0CB, "i64x2.shl", "vi:v", Feature.SIMD),
    I64X2_SHR_S(0xFD0CC, "i64x2.shr_s", "vi:v", Feature.SIMD),
    I64X2_SHR_U(0xFD0CD, "i64x2.shr_u", "vi:v", Feature.SIMD),
    I64X2_ADD(0xFD0CE, "i64x2.add", "vv:v", Feature.SIMD),
    I64X2_SUB(0xFD0D1, "i64x2.sub", "vv:v", Feature.SIMD),
    I64X2_MUL(0xFD0D5, "i64x2.mul", "vv:v", Feature.SIMD),
    I64X2_EQ(0xFD0D6, "i64x2.eq", "vv:v", Feature.SIMD),
    I64X2_NE(0xFD0D7, "i64x2.ne", "vv:v", Feature.SIMD),
    I64X2_LT_S(0xFD0D8, "i64x2.lt_s", "vv:v", Feature.SIMD),
    I64X2_GT_S(0xFD0D9, "i64x2.gt_s", "vv:v", Feature.SIMD),
    I64X2_LE_S(0xFD0DA, "i64x2.le_s", "vv:v", Feature.SIMD),
    I64X2_GE_S(0xFD0DB, "i64x2.ge_s", "vv:v", Feature.SIMD),
    I64X2_EXTMUL_LOW_I32X4_S(0xFD0DC, "i64x2.extmul_low_i32x4_s", "vv:v", Feature.SIMD),
    I64X2_EXTMUL_HIGH_I32X4_S(0xFD0DD, "i64x2.extmul_high_i32x4_s", "vv:v", Feature.SIMD),
    I64X2_EXTMUL_LOW_I32X4_U(0xFD0DE, "i64x2.extmul_low_i32x4_u", "vv:v", Feature.SIMD),
    I64X2_EXTMUL_HIGH_I32X4_U(0xFD0DF, "i64x2.extmul_high_i32x4_u", "vv:v", Feature.SIMD),
    F32X4_ABS(0xFD0E0, "f32x4.abs", "v:v", Feature.SIMD),
    F32X4_NEG(0xFD0E1, "f32x4.neg", "v:v", Feature.SIMD),
    F32X4_SQRT(0xFD0E3, "f32x4.sqrt", "v:v", Feature.SIMD),
    F32X4_ADD(0xFD0E4, "f32x4.add", "vv:v", Feature.SIMD),
    F32X4_SUB(0xFD0E5, "f32x4.sub", "vv:v", Feature.SIMD),
    F32X4_MUL(0xFD0E6, "f32x4.mul", "vv:v", Feature.SIMD),
    F32X4_DIV(0xFD0E7, "f32x4.div", "vv:v", Feature.SIMD),
    F32X4_MIN(0xFD0E8, "f32x4.min", "vv:v", Feature.SIMD),
    F32X4_MAX(0xFD0E9, "f32x4.max", "vv:v", Feature.SIMD),
    F32X4_PMIN(0xFD0EA, "f32x4.pmin", "vv:v", Feature.SIMD),
    F32X4_PMAX(0xFD0EB, "f32x4.pmax", "vv:v", Feature.SIMD),
    F64X2_ABS(0xFD0EC, "f64x2.abs", "v:v", Feature.SIMD),
    F64X2_NEG(0xFD0ED, "f64x2.neg", "v:v", Feature.SIMD),
    F64X2_SQRT(0xFD0EF, "f64x2.sqrt", "v:v", Feature.SIMD),
    F64X2_ADD(0xFD0F0, "f64x2.add", "vv:v", Feature.SIMD),
    F64X2_SUB(0xFD0F1, "f64x2.sub", "vv:v", Feature.SIMD),
    F64X2_MUL(0xFD0F2, "f64x2.mul", "vv:v", Feature.SIMD),
    F64X2_DIV(0xFD0F3, "f64x2.div", "vv:v", Feature.SIMD),
    F64X2_MIN(0xFD0F4, "f64x2.min", "vv:v", Feature.SIMD),
    F64X2_MAX(0xFD0F5, "f64x2.max", "vv:v", Feature.SIMD),
    F64X2_PMIN(0xFD0F6, "f64x2.pmin", "vv:v", Feature.SIMD),
    F64X2_PMAX(0xFD0F7, "f64x2.pmax", "vv:v", Feature.SIMD),
    I32X4_TRUNC_SAT_F32X4_S(0xFD0F8, "i32x4.trunc_sat_f32x4_s", "v:v", Feature.SIMD),
    I32X4_TRUNC_SAT_F32X4_U(0xFD0F9, "i32x4.trunc_sat_f32x4_u", "v:v", Feature.SIMD),
    F32X4_CONVERT_I32X4_S(0xFD0FA, "f32x4.convert_i32x4_s", "v:v", Feature.SIMD),
    F32X4_CONVERT_I32X4_U(0xFD0FB, "f32x4.convert_i32x4_u", "v:v", Feature.SIMD),
    I32X4_TRUNC_SAT_F64X2_S_ZERO(0xFD0FC, "i32x4.trunc_sat_f64x2_s_zero", "v:v", Feature.SIMD),
    I32X4_TRUNC_SAT_F64X2_U_ZERO(0xFD0FD, "i32x4.trunc_sat_f64x2_u_zero", "v:v", Feature.SIMD),
    F64X2_CONVERT_LOW_I32X4_S(0xFD0FE, "f64x2.convert_low_i32x4_s", "v:v", Feature.SIMD),
    F64X2_CONVERT_LOW_I32X4_U(0xFD0FF, "f64x2.convert_low_i32x4_u", "v:v", Feature.SIMD),

    // Relaxed vector instructions
    I8X16_RELAXED_SWIZZLE(0xFD100, "i8x16.relaxed_swizzle", "vv:v", Feature.RELAXED_SIMD),
    I32X4_RELAXED_TRUNC_F32X4_S(0xFD101, "i32x4.relaxed_trunc_f32x4_s", "v:v", Feature.RELAXED_SIMD),
    I32X4_RELAXED_TRUNC_F32X4_U(0xFD102, "i32x4.relaxed_trunc_f32x4_u", "v:v", Feature.RELAXED_SIMD),
    I32X4_RELAXED_TRUNC_F64X2_S_ZERO(0xFD103, "i32x4.relaxed_trunc_f64x2_s_zero", "v:v", Feature.RELAXED_SIMD),
    I32X4_RELAXED_TRUNC_F64X2_U_ZERO(0xFD104, "i32x4.relaxed_trunc_f64x2_u_zero", "v:v", Feature.RELAXED_SIMD),
    F32X4_RELAXED_MADD(0xFD105, "f32x4.relaxed_madd", "vvv:v", Feature.RELAXED_SIMD),
    F32X4_RELAXED_NMADD(0xFD106, "f32x4.relaxed_nmadd", "vvv:v", Feature.RELAXED_SIMD),
    F64X2_RELAXED_MADD(0xFD107, "f64x2.relaxed_madd", "vvv:v", Feature.RELAXED_SIMD),
    F64X2_RELAXED_NMADD(0xFD108, "f64x2.relaxed_nmadd", "vvv:v", Feature.RELAXED_SIMD),
    I8X16_RELAXED_LANESELECT(0xFD109, "i8x16.relaxed_laneselect", "vvv:v", Feature.RELAXED_SIMD),
    I16X8_RELAXED_LANESELECT(0xFD10A, "i16x8.relaxed_laneselect", "vvv:v", Feature.RELAXED_SIMD),
    I32X4_RELAXED_LANESELECT(0xFD10B, "i32x4.relaxed_laneselect", "vvv:v", Feature.RELAXED_SIMD),
    I64X2_RELAXED_LANESELECT(0xFD10C, "i64x2.relaxed_laneselect", "vvv:v", Feature.RELAXED_SIMD),
    F32X4_RELAXED_MIN(0xFD10D, "f32x4.relaxed_min", "vv:v", Feature.RELAXED_SIMD),
    F32X4_RELAXED_MAX(0xFD10E, "f32x4.relaxed_max", "vv:v", Feature.RELAXED_SIMD),
    F64X2_RELAXED_MIN(0xFD10F, "f64x2.relaxed_min", "vv:v", Feature.RELAXED_SIMD),
    F64X2_RELAXED_MAX(0xFD110, "f64x2.relaxed_max", "vv:v", Feature.RELAXED_SIMD),
    I16X8_RELAXED_Q15MULR_S(0xFD111, "i16x8.relaxed_q15mulr_s", "vv:v", Feature.RELAXED_SIMD),
    I16X8_RELAXED_DOT_I8X16_I7X16_S(0xFD112, "i16x8.relaxed_dot_i8x16_i7x16_s", "vv:v", Feature.RELAXED_SIMD),
    I32X4_RELAXED_DOT_I8X16_I7X16_ADD_S(0xFD113, "i32x4.relaxed_dot_i8x16_i7x16_add_s", "vvv:v", Feature.RELAXED_SIMD),

    // Prefix 0xFE: threads
    MEMORY_ATOMIC_NOTIFY(0xFE000, "memory.atomic.notify", MEMARG, 2, "ai:i", Feature.THREADS),
    MEMORY_ATOMIC_WAIT32(0xFE001, "memory.atomic.wait32", MEMARG, 2, "ail:i", Feature.THREADS),
    MEMORY_ATOMIC_WAIT64(0xFE002, "memory.atomic.wait64", MEMARG, 3, "all:i", Feature.THREADS),
    ATOMIC_FENCE(0xFE003, "atomic.fence", FENCE, ":", Feature.THREADS),
    I32_ATOMIC_LOAD(0xFE010, "i32.atomic.load", MEMARG, 2, "a:i", Feature.THREADS),
    I64_ATOMIC_LOAD(0xFE011, "i64.atomic.load", MEMARG, 3, "a:l", Feature.THREADS),
    I32_ATOMIC_LOAD8_U(0xFE012, "i32.atomic.load8_u", MEMARG, 0, "a:i", Feature.THREADS),
    I32_ATOMIC_LOAD16_U(0xFE013, "i32.atomic.load16_u", MEMARG, 1, "a:i", Feature.THREADS),
    I64_ATOMIC_LOAD8_U(0xFE014, "i64.atomic.load8_u", MEMARG, 0, "a:l", Feature.THREADS),
    I64_ATOMIC_LOAD16_U(0xFE015, "i64.atomic.load16_u", MEMARG, 1, "a:l", Feature.THREADS),
    I64_ATOMIC_LOAD32_U(0xFE016, "i64.atomic.load32_u", MEMARG, 2, "a:l", Feature.THREADS),
    I32_ATOMIC_STORE(0xFE017, "i32.atomic.store", MEMARG, 2, "ai:", Feature.THREADS),
    I64_ATOMIC_STORE(0xFE018, "i64.atomic.store", MEMARG, 3, "al:", Feature.THREADS),
    I32_ATOMIC_STORE8(0xFE019, "i32.atomic.store8", MEMARG, 0, "ai:", Feature.THREADS),
    I32_ATOMIC_STORE16(0xFE01A, "i32.atomic.store16", MEMARG, 1, "ai:", Feature.THREADS),
    I64_ATOMIC_STORE8(0xFE01B, "i64.atomic.store8", MEMARG, 0, "al:", Feature.THREADS),
    I64_ATOMIC_STORE16(0xFE01C, "i64.atomic.store16", MEMARG, 1, "al:", Feature.THREADS),
    I64_ATOMIC_STORE32(0xFE01D, "i64.atomic.store32", MEMARG, 2, "al:", Feature.THREADS),
    I32_ATOMIC_RMW_ADD(0xFE01E, "i32.atomic.rmw.add", MEMARG, 2, "ai:i", Feature.THREADS),
    I64_ATOMIC_RMW_ADD(0xFE01F, "i64.atomic.rmw.add", MEMARG, 3, "al:l", Feature.THREADS),
    I32_ATOMIC_RMW8_ADD_U(0xFE020, "i32.atomic.rmw8.add_u", MEMARG, 0, "ai:i", Feature.THREADS),
    I32_ATOMIC_RMW16_ADD_U(0xFE021, "i32.atomic.rmw16.add_u", MEMARG, 1, "ai:i", Feature.THREADS),
    I64_ATOMIC_RMW8_ADD_U(0xFE022, "i64.atomic.rmw8.add_u", MEMARG, 0, "al:l", Feature.THREADS),
    I64_ATOMIC_RMW16_ADD_U(0xFE023, "i64.atomic.rmw16.add_u", MEMARG, 1, "al:l", Feature.THREADS),
    I64_ATOMIC_RMW32_ADD_U(0xFE024, "i64.atomic.rmw32.add_u", MEMARG, 2, "al:l", Feature.THREADS),
    I32_ATOMIC_RMW_SUB(0xFE025, "i32.atomic.rmw.sub", MEMARG, 2, "ai:i", Feature.THREADS),
    I64_ATOMIC_RMW_SUB(0xFE026, "i64.atomic.rmw.sub", MEMARG, 3, "al:l", Feature.THREADS),
    I32_ATOMIC_RMW8_SUB_U(0xFE027, "i32.atomic.rmw8.sub_u", MEMARG, 0, "ai:i", Feature.THREADS),
    I32_ATOMIC_RMW16_SUB_U(0xFE028, "i32.atomic.rmw16.sub_u", MEMARG, 1, "ai:i", Feature.THREADS),
    I64_ATOMIC_RMW8_SUB_U(0xFE029, "i64.atomic.rmw8.sub_u", MEMARG, 0, "al:l", Feature.THREADS),
    I64_ATOMIC_RMW16_SUB_U(0xFE02A, "i64.atomic.rmw16.sub_u", MEMARG, 1, "al:l", Feature.THREADS),
    I64_ATOMIC_RMW32_SUB_U(0xFE02B, "i64.atomic.rmw32.sub_u", MEMARG, 2, "al:l", Feature.THREADS),
    I32_ATOMIC_RMW_AND(0xFE02C, "i32.atomic.rmw.and", MEMARG, 2, "ai:i", Feature.THREADS),
    I64_ATOMIC_RMW_AND(0xFE02D, "i64.atomic.rmw.and", MEMARG, 3, "al:l", Feature.THREADS),
    I32_ATOMIC_RMW8_AND_U(0xFE02E, "i32.atomic.rmw8.and_u", MEMARG, 0, "ai:i", Feature.THREADS),
    I32_ATOMIC_RMW16_AND_U(0xFE02F, "i32.atomic.rmw16.and_u", MEMARG, 1, "ai:i", Feature.THREADS),
    I64_ATOMIC_RMW8_AND_U(0xFE030, "i64.atomic.rmw8.and_u", MEMARG, 0, "al:l", Feature.THREADS),
    I64_ATOMIC_RMW16_AND_U(0xFE031, "i64.atomic.rmw16.and_u", MEMARG, 1, "al:l", Feature.THREADS),
    I64_ATOMIC_RMW32_AND_U(0xFE032, "i64.atomic.rmw32.and_u", MEMARG, 2, "al:l", Feature.THREADS),
    I32_ATOMIC_RMW_OR(0xFE033, "i32.atomic.rmw.or", MEMARG, 2, "ai:i", Feature.THREADS),
    I64_ATOMIC_RMW_OR(0xFE034, "i64.atomic.rmw.or", MEMARG, 3, "al:l", Feature.THREADS),
    I32_ATOMIC_RMW8_OR_U(0xFE035, "i32.atomic.rmw8.or_u", MEMARG, 0, "ai:i", Feature.THREADS),
    I32_ATOMIC_RMW16_OR_U(0xFE036, "i32.atomic.rmw16.or_u", MEMARG, 1, "ai:i", Feature.THREADS),
    I64_ATOMIC_RMW8_OR_U(0xFE037, "i64.atomic.rmw8.or_u", MEMARG, 0, "al:l", Feature.THREADS),
    I64_ATOMIC_RMW16_OR_U(0xFE038, "i64.atomic.rmw16.or_u", MEMARG, 1, "al:l", Feature.THREADS),
    I64_ATOMIC_RMW32_OR_U(0xFE039, "i64.atomic.rmw32.or_u", MEMARG, 2, "al:l", Feature.THREADS),
    I32_ATOMIC_RMW_XOR(0xFE03A, "i32.atomic.rmw.xor", MEMARG, 2, "ai:i", Feature.THREADS),
    I64_ATOMIC_RMW_XOR(0xFE03B, "i64.atomic.rmw.xor", MEMARG, 3, "al:l", Feature.THREADS),
    I32_ATOMIC_RMW8_XOR_U(0xFE03C, "i32.atomic.rmw8.xor_u", MEMARG, 0, "ai:i", Feature.THREADS),
    I32_ATOMIC_RMW16_XOR_U(0xFE03D, "i32.atomic.rmw16.xor_u", MEMARG, 1, "ai:i", Feature.THREADS),
    I64_ATOMIC_RMW8_XOR_U(0xFE03E, "i64.atomic.rmw8.xor_u", MEMARG, 0, "al:l", Feature.THREADS),
    I64_ATOMIC_RMW16_XOR_U(0xFE03F, "i64.atomic.rmw16.xor_u", MEMARG, 1, "al:l", Feature.THREADS),
    I64_ATOMIC_RMW32_XOR_U(0xFE040, "i64.atomic.rmw32.xor_u", MEMARG, 2, "al:l", Feature.THREADS),
    I32_ATOMIC_RMW_XCHG(0xFE041, "i32.atomic.rmw.xchg", MEMARG, 2, "ai:i", Feature.THREADS),
    I64_ATOMIC_RMW_XCHG(0xFE042, "i64.atomic.rmw.xchg", MEMARG, 3, "al:l", Feature.THREADS),
    I32_ATOMIC_RMW8_XCHG_U(0xFE043, "i32.atomic.rmw8.xchg_u", MEMARG, 0, "ai:i", Feature.THREADS),
    I32_ATOMIC_RMW16_XCHG_U(0xFE044, "i32.atomic.rmw16.xchg_u", MEMARG, 1, "ai:i", Feature.THREADS),
    I64_ATOMIC_RMW8_XCHG_U(0xFE045, "i64.atomic.rmw8.xchg_u", MEMARG, 0, "al:l", Feature.THREADS),
    I64_ATOMIC_RMW16_XCHG_U(0xFE046, "i64.atomic.rmw16.xchg_u", MEMARG, 1, "al:l", Feature.THREADS),
    I64_ATOMIC_RMW32_XCHG_U(0xFE047, "i64.atomic.rmw32.xchg_u", MEMARG, 2, "al:l", Feature.THREADS),
    I32_ATOMIC_RMW_CMPXCHG(0xFE048, "i32.atomic.rmw.cmpxchg", MEMARG, 2, "aii:i", Feature.THREADS),
    I64_ATOMIC_RMW_CMPXCHG(0xFE049, "i64.atomic.rmw.cmpxchg", MEMARG, 3, "all:l", Feature.THREADS),
    I32_ATOMIC_RMW8_CMPXCHG_U(0xFE04A, "i32.atomic.rmw8.cmpxchg_u", MEMARG, 0, "aii:i", Feature.THREADS),
    I32_ATOMIC_RMW16_CMPXCHG_U(0xFE04B, "i32.atomic.rmw16.cmpxchg_u", MEMARG, 1, "aii:i", Feature.THREADS),
    I64_ATOMIC_RMW8_CMPXCHG_U(0xFE04C, "i64.atomic.rmw8.cmpxchg_u", MEMARG, 0, "all:l", Feature.THREADS),
    I64_ATOMIC_RMW16_CMPXCHG_U(0xFE04D, "i64.atomic.rmw16.cmpxchg_u", MEMARG, 1, "all:l", Feature.THREADS),
    I64_ATOMIC_RMW32_CMPXCHG_U(0xFE04E, "i64.atomic.rmw32.cmpxchg_u", MEMARG, 2, "all:l", Feature.THREADS);

    /** Marks the address type in {@link #params} and {@link #results}: i32 or i64, by the memory. */
    static final int ADDRESS = -1;

    private static final int SLOTS = 0x600;
    private static final Op[] BY_SLOT = new Op[SLOTS];

    static {
        for (Op op : values()) {
            BY_SLOT[slot(op.code >>> 12, op.code > 0xFF ? op.code & 0xFFF : op.code)] = op;
        }
    }

    private final int code;
    private final String text;
    final Imm imm;
    final Feature feature;
    final int naturalAlign;
    /** Operand and result types of a fixed signature, or null. */
    final int[] params;

    final int[] results;

    Op(int code, String text) {
        this(code, text, Imm.NONE, 0, null, Feature.MVP);
    }

    Op(int code, String text, Feature feature) {
        this(code, text, Imm.NONE, 0, null, feature);
    }

    Op(int code, String text, Imm imm) {
        this(code, text, imm, 0, null, Feature.MVP);
    }

    Op(int code, String text, Imm imm, Feature feature) {
        this(code, text, imm, 0, null, feature);
    }

    Op(int code, String text, String signature) {
        this(code, text, Imm.NONE, 0, signature, Feature.MVP);
    }

    Op(int code, String text, String signature, Feature feature) {
        this(code, text, Imm.NONE, 0, signature, feature);
    }

    Op(int code, String text, Imm imm, String signature) {
        this(code, text, imm, 0, signature, Feature.MVP);
    }

    Op(int code, String text, Imm imm, String signature, Feature feature) {
        this(code, text, imm, 0, signature, feature);
    }

    Op(int code, String text, Imm imm, int naturalAlign, String signature) {
        this(code, text, imm, naturalAlign, signature, Feature.MVP);
    }

    Op(int code, String text, Imm imm, int naturalAlign, String signature, Feature feature) {
        this.code = code;
        this.text = text;
        this.imm = imm;
        this.feature = feature;
        this.naturalAlign = naturalAlign;
        int colon = signature == null ? 0 : signature.indexOf(':');
        this.params = signature == null ? null : types(signature.substring(0, colon));
        this.results = signature == null ? null : types(signature.substring(colon + 1));
    }

    private static int[] types(String letters) {
        int[] types = new int[letters.length()];
        Arrays.setAll(types, i -> switch (letters.charAt(i)) {
            case 'i' -> ValType.I32;
            case 'l' -> ValType.I64;
            case 'f' -> ValType.F32;
            case 'd' -> ValType.F64;
            case 'v' -> ValType.V128;
            case 'a' -> ADDRESS;
            default -> throw new AssertionError(letters);
        });
        return types;
    }

    /** The name in the text format, {@code i32.add}. */
    public String text() {
        return text;
    }

    /** The opcode byte, or {@code prefix << 12 | sub-opcode}. */
    public int code() {
        return code;
    }

    /** The kind of immediate operands in the binary format. */
    public Imm immediates() {
        return imm;
    }

    /** The proposal that brought the instruction. */
    public Feature feature() {
        return feature;
    }

    /** log2 of the bytes a memory instruction accesses (the greatest alignment it may state), or of a lane's bytes. */
    public int naturalAlign() {
        return naturalAlign;
    }

    /** Whether this is an atomic memory access, whose alignment must be the natural one. */
    public boolean isAtomic() {
        return code >>> 12 == 0xFE;
    }

    /**
     * The place of an opcode in a table of all opcodes, or -1 if it is beyond every assigned one.
     *
     * @param prefix 0xFB to 0xFE, or 0 for a plain opcode
     */
    static int slot(int prefix, int sub) {
        return switch (prefix) {
            case 0 -> sub;
            case 0xFB -> sub >= 0 && sub < 0x100 ? 0x100 + sub : -1;
            case 0xFC -> sub >= 0 && sub < 0x100 ? 0x200 + sub : -1;
            case 0xFD -> sub >= 0 && sub < 0x200 ? 0x300 + sub : -1;
            case 0xFE -> sub >= 0 && sub < 0x100 ? 0x500 + sub : -1;
            default -> -1;
        };
    }

    /** The instruction in a slot whatever is enabled, or null. */
    static Op inSlot(int slot) {
        return slot < 0 ? null : BY_SLOT[slot];
    }

    static Op[] tableFor(Features features) {
        Op[] table = BY_SLOT.clone();
        for (int i = 0; i < table.length; i++) {
            Op op = table[i];
            if (op != null && !op.isEnabled(features)) {
                table[i] = null;
            }
        }
        return table;
    }

    private boolean isEnabled(Features features) {
        return switch (this) {
            case THROW -> features.hasTags();
            case RETURN_CALL_REF -> features.has(Feature.TAIL_CALL) && features.has(Feature.FUNCTION_REFERENCES);
            default -> features.has(feature);
        };
    }
}
