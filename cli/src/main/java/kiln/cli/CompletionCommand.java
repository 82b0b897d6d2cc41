package kiln.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "completion",
        mixinStandardHelpOptions = true,
        description = {
            "Prints a script by which a shell completes commands, options and files.",
            "For the running shell: eval \"$(kiln completion bash)\"; for all, put that into ~/.bashrc or ~/.zshrc."
        })
final class CompletionCommand implements Callable<Integer> {
    @Parameters(paramLabel = "SHELL", defaultValue = "bash", description = "bash (default) or zsh.")
    Shell shell;

    /** The script serves both: in zsh it turns bash's completion on first. */
    enum Shell {
        bash,
        zsh
    }

    @Override
    public Integer call() {
        System.out.println(AutoComplete.bash("kiln", Main.whole()));
        return 0;
    }
}
