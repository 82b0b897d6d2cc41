package app;

import java.nio.file.Path;
import kiln.endive.KilnEndive;
import run.endive.runtime.Instance;
import run.endive.wasm.Parser;

public class Main {
    public static void main(String[] args) {
        Instance.Builder builder = Instance.builder(Parser.parse(Path.of(args[0])));
        Instance instance = KilnEndive.use(builder, Main.class, "counter").build();
        System.out.println(instance.export("next").apply()[0] + " " + KilnEndive.isNative(instance));
    }
}
