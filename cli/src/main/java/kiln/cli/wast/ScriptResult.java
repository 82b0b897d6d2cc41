package kiln.cli.wast;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.Printable;

/** What came of the commands of a script. Every command is counted exactly once. */
public final class ScriptResult {
    private final String name;
    private final List<String> failures = new ArrayList<>();
    private int passed;
    private int notExecuted;

    ScriptResult(String name) {
        this.name = name;
    }

    void pass() {
        passed++;
    }

    void fail(int line, String what) {
        failures.add(Printable.name(name) + ":" + line + ": " + Printable.line(what));
    }

    void notExecuted() {
        notExecuted++;
    }

    /** Counts what another thread did. */
    void add(ScriptResult other) {
        passed += other.passed;
        notExecuted += other.notExecuted;
        failures.addAll(other.failures);
    }

    public String name() {
        return name;
    }

    public int passed() {
        return passed;
    }

    public int failed() {
        return failures.size();
    }

    /** One line each, to be shown: script, line, reason. */
    public List<String> failures() {
        return failures;
    }

    /** Commands that need a module which uses something that is not executed yet. */
    public int notExecutedCount() {
        return notExecuted;
    }

    /** As the command prints it. */
    @Override
    public String toString() {
        return String.format(
                "%-46s %6d passed, %d failed%s",
                Printable.name(name),
                passed,
                failures.size(),
                notExecuted == 0 ? "" : ", " + notExecuted + " not executed yet");
    }
}
