package kiln.tests.bombs;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntBiFunction;
import kiln.compiler.CompileException;
import kiln.compiler.Compiler;
import kiln.compiler.CompilerOptions;
import kiln.compiler.OnThisThread;
import kiln.compiler.Target;
import kiln.component.ComponentDecoder;
import kiln.component.JavaBindings;
import kiln.wasm.Features;
import kiln.wasm.ModuleDecoder;
import kiln.wasm.Validator;

/** What is done with bombs, on one thread. */
public final class CompileTask implements ToIntBiFunction<byte[][], String> {
    public static final String VALIDATE = "validation";
    /** Of components: what {@code kiln bindgen} writes. */
    public static final String BINDGEN = "bindgen";

    /** Ways to compile: a target and a level. */
    public static final List<String> WAYS =
            List.of(VALIDATE, "x86_64-linux 0", "x86_64-linux 2", "aarch64-linux 0", "aarch64-linux 2");

    /** The result for modules that hand over more values than is allowed. */
    static final int REFUSED = -1;

    /** The size of the file that the modules, linked, are compiled to, or {@link #REFUSED}. */
    @Override
    public int applyAsInt(byte[][] modules, String way) {
        if (way.equals(VALIDATE)) {
            for (byte[] m : modules) {
                if (ComponentDecoder.isComponent(m)) {
                    ComponentDecoder.decode(m, "bomb.wasm", Features.ALL);
                } else {
                    Validator.validate(ModuleDecoder.decode(m, "bomb.wasm", Features.ALL));
                }
            }
            return 0;
        }
        if (way.equals(BINDGEN)) {
            return Arrays.stream(modules)
                    .map(m -> JavaBindings.generate(ComponentDecoder.decode(m, "bomb.wasm", Features.ALL), "bomb"))
                    .flatMap(files -> files.values().stream())
                    .mapToInt(String::length)
                    .sum();
        }
        List<Compiler.Input> inputs = new ArrayList<>();
        for (int i = 0; i < modules.length; i++) {
            String name = ComponentDecoder.isComponent(modules[i]) ? null : "m" + i;
            inputs.add(new Compiler.Input(name, "m" + i + ".wasm", modules[i]));
        }
        try {
            return OnThisThread.link(inputs, options(way)).length;
        } catch (CompileException e) {
            if (e.getMessage().contains("values handed over")) {
                return REFUSED;
            }
            throw e;
        }
    }

    private static CompilerOptions options(String way) {
        String[] parts = way.split(" ");
        return CompilerOptions.defaults()
                .withTarget(Target.of(parts[0]))
                .withOptLevel(Integer.parseInt(parts[1]))
                .withJobs(1);
    }
}
