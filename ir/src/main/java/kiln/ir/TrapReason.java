package kiln.ir;

import java.util.EnumMap;
import java.util.Map;
import kiln.artifact.api.TrapCode;

/** The trap of an instruction that may do nothing but trap. */
public record TrapReason(TrapCode code) implements SideData {
    private static final Map<TrapCode, TrapReason> ALL = new EnumMap<>(TrapCode.class);

    static {
        for (TrapCode code : TrapCode.values()) {
            ALL.put(code, new TrapReason(code));
        }
    }

    /** The only one for {@code code}. */
    public static TrapReason of(TrapCode code) {
        return ALL.get(code);
    }
}
