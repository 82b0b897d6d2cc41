package kiln.codegen;

import java.util.Arrays;
import java.util.stream.Collectors;
import kiln.ir.Frequency;

/** The text form of machine code, one instruction per line, for golden files and for people. */
public final class MachPrinter {
    private MachPrinter() {}

    /** All blocks of a function in layout order, with parameters and outgoing edges. */
    public static String print(MachFunction function) {
        StringBuilder s = new StringBuilder();
        for (MachBlock b : function.blocks()) {
            s.append(b);
            if (!b.params().isEmpty()) {
                s.append(b.params().stream().map(Reg::toString).collect(Collectors.joining(", ", "(", ")")));
            }
            s.append(':');
            if (b.frequency() > Frequency.ONCE) {
                s.append(" ; frequency ").append((long) b.frequency());
            }
            s.append('\n');
            for (MachInst i : b.insts()) {
                s.append("    ").append(i).append('\n');
            }
            for (MachBlock.Successor e : b.successors()) {
                if (e.args().length > 0) {
                    s.append("    -> ")
                            .append(e.target())
                            .append(Arrays.stream(e.args())
                                    .map(Reg::toString)
                                    .collect(Collectors.joining(", ", "(", ")")))
                            .append('\n');
                }
            }
        }
        return s.toString();
    }
}
