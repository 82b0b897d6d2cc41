package kiln.wat;

/** The index spaces of a module. */
final class ModuleSpaces {
    final TypeTable types = new TypeTable();
    final Names funcs = new Names("func");
    final Names tables = new Names("table");
    final Names memories = new Names("memory");
    final Names globals = new Names("global");
    final Names tags = new Names("tag");
    final Names elems = new Names("elem segment");
    final Names datas = new Names("data segment");
    /** Whether an instruction names a data segment: their number then stands in front of the code. */
    boolean usesData;

    /** The space of a kind of import or export. */
    Names of(String kind) {
        return switch (kind) {
            case "func" -> funcs;
            case "table" -> tables;
            case "memory" -> memories;
            case "global" -> globals;
            case "tag" -> tags;
            default -> null;
        };
    }

    /** The number of a kind in the binary format. */
    static int code(String kind) {
        return switch (kind) {
            case "func" -> 0;
            case "table" -> 1;
            case "memory" -> 2;
            case "global" -> 3;
            case "tag" -> 4;
            default -> throw new AssertionError(kind);
        };
    }
}
