package kiln.endive;

import kiln.runtime.TrapException;
import run.endive.runtime.WasmInterruptedException;
import run.endive.runtime.WasmRuntimeException;
import run.endive.wasm.WasmEngineException;

/** Kiln's traps as Endive's exceptions, with the specification's texts and the frames of WebAssembly. */
final class Traps {
    private Traps() {}

    static WasmEngineException of(TrapException trap) {
        String text = trap.getMessage();
        // By name: the constants' class may move.
        WasmEngineException e = switch (trap.code().name()) {
            case "UNREACHABLE" -> new run.endive.runtime.TrapException("Trapped on unreachable instruction");
            case "NULL_REFERENCE" -> new run.endive.runtime.TrapException("null function reference");
            case "TABLE_OUT_OF_BOUNDS", "ARRAY_OUT_OF_BOUNDS", "CAST_FAILURE" ->
                new run.endive.runtime.TrapException(text);
            case "MEMORY_OUT_OF_BOUNDS", "INTEGER_DIVIDE_BY_ZERO", "INTEGER_OVERFLOW", "BAD_CONVERSION_TO_INTEGER" ->
                new WasmRuntimeException(text);
            case "INTERRUPTED" -> new WasmInterruptedException("Thread interrupted");
            default -> new WasmEngineException(text);
        };
        e.initCause(trap);
        e.setStackTrace(trap.getStackTrace());
        return e;
    }

    /** One that a function of the host's let go, as Endive tells it. */
    static WasmEngineException of(StackOverflowError overflow) {
        return new WasmEngineException("call stack exhausted", overflow);
    }
}
