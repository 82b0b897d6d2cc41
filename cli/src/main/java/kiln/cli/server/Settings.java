package kiln.cli.server;

import java.io.DataOutputStream;
import java.io.IOException;
import java.util.List;
import java.util.TreeSet;
import kiln.compiler.CompilerOptions;

/**
 * What a request says of {@link CompilerOptions}, by default the same as those. A class of its own, since those know
 * machines and instructions: a command that only asks would start slowly by initialising them.
 */
public final class Settings {
    private String target = System.getProperty("os.arch").equals("aarch64") ? "aarch64-linux" : "x86_64-linux";
    private List<String> cpu = List.of();
    private int level = 2;
    private int jobs = Runtime.getRuntime().availableProcessors();
    private boolean interruptible;
    private boolean explicitBounds;
    private boolean canonicalNans;
    private int relaxedSimd;
    private boolean keepAll;
    private boolean inlining = true;
    private boolean eagerTables;
    private int strip;
    private boolean debugInfo;

    static Settings of(CompilerOptions o) {
        Settings settings = new Settings();
        settings.target = o.target().label();
        settings.cpu = List.copyOf(new TreeSet<>(o.cpu()));
        settings.level = o.optLevel();
        settings.jobs = o.jobs();
        settings.interruptible = o.interruptible();
        settings.explicitBounds = o.explicitBounds();
        settings.canonicalNans = o.canonicalNans();
        settings.relaxedSimd = o.relaxedSimd().ordinal();
        settings.keepAll = o.keepAll();
        settings.inlining = o.inlining();
        settings.eagerTables = o.eagerTables();
        settings.strip = o.strip().ordinal();
        settings.debugInfo = o.debugInfo();
        return settings;
    }

    /** Sets the level to that of {@code -O}: 0, 1 or 2. */
    public void level(int level) {
        this.level = level;
    }

    /** Sets what an option without a value stands for; false if it is none that this knows. */
    public boolean set(String option) {
        switch (option) {
            case "--interruptible" -> interruptible = true;
            case "--explicit-bounds" -> explicitBounds = true;
            case "--keep-all" -> keepAll = true;
            case "--no-inlining" -> inlining = false;
            case "--eager-tables" -> eagerTables = true;
            case "--debug-info" -> debugInfo = true;
            default -> {
                return false;
            }
        }
        return true;
    }

    void write(DataOutputStream out) throws IOException {
        Protocol.string(out, target);
        out.writeInt(cpu.size());
        for (String name : cpu) {
            Protocol.string(out, name);
        }
        out.writeInt(level);
        out.writeInt(jobs);
        out.writeBoolean(interruptible);
        out.writeBoolean(explicitBounds);
        out.writeBoolean(canonicalNans);
        out.writeInt(relaxedSimd);
        out.writeBoolean(keepAll);
        out.writeBoolean(inlining);
        out.writeBoolean(eagerTables);
        out.writeInt(strip);
        out.writeBoolean(debugInfo);
    }
}
