package kiln.translate;

import java.util.BitSet;
import java.util.EnumSet;
import java.util.Set;
import kiln.wasm.BodyScanner;
import kiln.wasm.Feature;
import kiln.wasm.WasmException;
import kiln.wasm.WasmModule;

/** What a look over all function bodies tells that the code of each of them may rely on. */
final class ModuleSurvey {
    /** Tables that some function grows. */
    final BitSet grownTables = new BitSet();
    /** Memories that some function grows. */
    final BitSet grownMemories = new BitSet();
    /** Globals that some function sets. */
    final BitSet setGlobals = new BitSet();
    /** Types of calls through funcrefs. */
    final BitSet indirectTypes = new BitSet();
    /** Whether a tail call may go to another instance: to an import or through a funcref. */
    boolean tailCallsOut;
    /** The proposals whose instructions occur, one bit each. */
    private long features;

    private ModuleSurvey() {}

    /** Looks at all bodies. A body that is not well-formed is left to its translation to complain about. */
    static ModuleSurvey of(WasmModule module) {
        ModuleSurvey survey = new ModuleSurvey();
        BodyScanner scanner = new BodyScanner(module);
        int imported = module.importedFuncCount();
        for (int func = imported; func < module.funcCount(); func++) {
            try {
                scanner.begin(func);
                while (scanner.next()) {
                    survey.note(scanner, imported);
                }
            } catch (WasmException _) {
                continue;
            }
        }
        return survey;
    }

    /** The proposals whose instructions occur, {@link Feature#MVP} not counted. */
    Set<Feature> features() {
        Set<Feature> set = EnumSet.noneOf(Feature.class);
        for (Feature f : Feature.values()) {
            if (f != Feature.MVP && (features & 1L << f.ordinal()) != 0) {
                set.add(f);
            }
        }
        return set;
    }

    private void note(BodyScanner s, int importedFuncs) {
        features |= 1L << s.op().feature().ordinal();
        switch (s.op()) {
            case GLOBAL_SET -> setGlobals.set(s.globalIndex());
            case TABLE_GROW -> grownTables.set(s.tableIndex());
            case MEMORY_GROW -> grownMemories.set(s.memoryIndex());
            case RETURN_CALL -> tailCallsOut |= s.funcIndex() < importedFuncs;
            case CALL_INDIRECT, CALL_REF -> indirectTypes.set(s.typeIndex());
            case RETURN_CALL_INDIRECT, RETURN_CALL_REF -> {
                indirectTypes.set(s.typeIndex());
                tailCallsOut = true;
            }
            default -> { }
        }
    }
}
