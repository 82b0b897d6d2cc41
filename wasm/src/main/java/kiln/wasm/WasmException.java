package kiln.wasm;

import kiln.artifact.Printable;

/** A module that is not well-formed or not valid, with the place where this was noticed. */
public final class WasmException extends RuntimeException {
    /** The two phases of the specification that can reject a module (sections 5 and 3). */
    public enum Kind {
        MALFORMED,
        INVALID
    }

    private final Kind kind;
    private final String problem;
    private final String file;
    private final int offset;
    private final int function;

    /**
     * @param file     name of the module's file, for the message
     * @param offset   byte offset in the module
     * @param function function index, or -1 outside function bodies
     */
    public WasmException(Kind kind, String problem, String file, int offset, int function) {
        super(describe(problem, file, offset, function));
        this.kind = kind;
        this.problem = problem;
        this.file = file;
        this.offset = offset;
        this.function = function;
    }

    private static String describe(String problem, String file, int offset, int function) {
        String where = function < 0 ? "" : " in function " + function;
        return problem + where + " at 0x" + Integer.toHexString(offset)
                + (file.isEmpty() ? "" : " of " + Printable.name(file));
    }

    public Kind kind() {
        return kind;
    }

    /** The message without the place. */
    public String problem() {
        return problem;
    }

    public String file() {
        return file;
    }

    /** Byte offset in the module. */
    public int offset() {
        return offset;
    }

    /** Function index, or -1 if the problem is not in a function body. */
    public int function() {
        return function;
    }
}
