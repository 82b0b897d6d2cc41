package kiln.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.util.Locale;
import kiln.artifact.Printable;
import kiln.artifact.api.ArtifactException;
import kiln.compiler.CompileException;
import kiln.component.UnsupportedComponentException;
import kiln.loader.HostException;
import kiln.wasm.WasmException;
import picocli.CommandLine;

/** One or two lines for the user's mistakes; a stack trace only for ours. */
public final class Mistakes {
    /** Exit status for a mistake of the user's: bad options, unreadable or invalid input. */
    static final int USER_ERROR = 2;

    private static final int INTERNAL_ERROR = 70;
    /** As a shell reports SIGPIPE, which ends other programs here. */
    private static final int BROKEN_PIPE = 141;

    private Mistakes() {}

    /** Prints what went wrong; returns the exit status. */
    static int report(Exception e) {
        String text = describe(e);
        if (text == null) {
            System.err.println("kiln: internal error, please report it");
            e.printStackTrace();
            return INTERNAL_ERROR;
        }
        System.err.println(line(text));
        return USER_ERROR;
    }

    /** The line about a mistake. */
    public static String line(String text) {
        return "kiln: " + Printable.line(text);
    }

    /**
     * Says why standard output took no more. A reader that has seen enough ({@code kiln objdump … | head}) needs no
     * message.
     *
     * @return the exit status
     */
    static int unwritableOutput() {
        String reason = "";
        // A stream that prints does not keep the reason; writing once more tells it.
        try (FileOutputStream out = new FileOutputStream(FileDescriptor.out)) {
            out.write('\n');
        } catch (IOException e) {
            if ("Broken pipe".equals(e.getMessage())) {
                return BROKEN_PIPE;
            }
            reason = ": " + e.getMessage().toLowerCase(Locale.ROOT);
        }
        return report(new UserError("cannot write to standard output" + reason));
    }

    /** Null if it is not the user's mistake. */
    private static String describe(Exception e) {
        return switch (e) {
            case UserError u -> u.getMessage();
            case CompileException c -> c.getMessage();
            case WasmException w -> w.getMessage();
            case UnsupportedComponentException c -> c.getMessage();
            case ArtifactException a -> a.getMessage();
            case HostException h -> h.getMessage();
            case UncheckedIOException u -> describe(u.getCause());
            case NoSuchFileException f -> Printable.name(f.getFile()) + ": no such file";
            case AccessDeniedException f -> Printable.name(f.getFile()) + ": permission denied";
            case FileSystemException f ->
                Printable.name(f.getFile()) + ": "
                        + (f.getReason() == null
                                ? "cannot be used"
                                : f.getReason().toLowerCase(Locale.ROOT));
            case IOException io -> io.getMessage();
            default -> null;
        };
    }

    /** For a command line that makes no sense: what, and where to look. */
    static int report(CommandLine.ParameterException e) {
        String text = e.getMessage().lines().findFirst().orElse("bad command line");
        System.err.println("kiln: " + Printable.line(text + suggestion(e)));
        System.err.println("See " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help.");
        return USER_ERROR;
    }

    /** What a mistyped option may have meant. */
    private static String suggestion(CommandLine.ParameterException e) {
        if (!(e instanceof CommandLine.UnmatchedArgumentException u)
                || u.getUnmatched().isEmpty()
                || !u.getUnmatched().getFirst().startsWith("-")) {
            return "";
        }
        String typed = u.getUnmatched().getFirst().replaceFirst("=.*", "");
        return Suggestions.text(
                typed, e.getCommandLine().getCommandSpec().optionsMap().keySet());
    }
}
