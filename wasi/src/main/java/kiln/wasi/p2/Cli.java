package kiln.wasi.p2;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import kiln.runtime.component.Result;
import kiln.wasi.ExitException;
import kiln.wasi.host.FileDescriptor;
import kiln.wasi.host.FileType;

/** The interfaces of {@code wasi:cli}. */
final class Cli {
    private Cli() {}

    /** A handle that says that a stream is a terminal. */
    static final class TerminalInput extends Resource {
        TerminalInput() {
            super(null);
        }
    }

    /** A handle that says that a stream is a terminal. */
    static final class TerminalOutput extends Resource {
        TerminalOutput() {
            super(null);
        }
    }

    static List<HostInterface> interfaces(GuestContext context, List<String> args, Map<String, String> environment) {
        return List.of(
                new Environment(args, environment),
                new Exit(),
                new Stream(context, "stdin"),
                new Stream(context, "stdout"),
                new Stream(context, "stderr"),
                new TerminalTypes("terminal-input", TerminalInput.class),
                new TerminalTypes("terminal-output", TerminalOutput.class),
                new Terminal(context.input(), "stdin"),
                new Terminal(context.output(), "stdout"),
                new Terminal(context.error(), "stderr"));
    }

    private static final class Environment extends HostInterface {
        private final List<Object> args;
        private final List<Object> environment;

        Environment(List<String> args, Map<String, String> environment) {
            super("wasi:cli/environment", List.of(), "get-environment", "get-arguments", "initial-cwd");
            this.args = new ArrayList<>(args);
            this.environment = new ArrayList<>();
            for (Map.Entry<String, String> v : environment.entrySet()) {
                this.environment.add(List.of(v.getKey(), v.getValue()));
            }
        }

        @Override
        Object call(String function, Object[] a) {
            return switch (function) {
                case "get-environment" -> environment;
                case "get-arguments" -> args;
                // Paths of the host's mean nothing to a guest.
                case "initial-cwd" -> Optional.empty();
                default -> throw unknown(function);
            };
        }
    }

    private static final class Exit extends HostInterface {
        Exit() {
            super("wasi:cli/exit", List.of(), "exit", "exit-with-code");
        }

        @Override
        Object call(String function, Object[] a) {
            throw new ExitException(
                    switch (function) {
                        case "exit" -> a[0] instanceof Result.Ok<?, ?> ? 0 : 1;
                        case "exit-with-code" -> Byte.toUnsignedInt((Byte) a[0]);
                        default -> throw unknown(function);
                    });
        }
    }

    private static final class Stream extends HostInterface {
        private final GuestContext context;

        Stream(GuestContext context, String name) {
            super("wasi:cli/".concat(name), List.of(), "get-".concat(name));
            this.context = context;
        }

        @Override
        Object call(String function, Object[] a) {
            return switch (function) {
                case "get-stdin" -> new StandardStreams.Input(null, context, context.input());
                case "get-stdout" -> new StandardStreams.Output(context, context.output());
                case "get-stderr" -> new StandardStreams.Output(context, context.error());
                default -> throw unknown(function);
            };
        }
    }

    private static final class TerminalTypes extends HostInterface {
        TerminalTypes(String name, Class<? extends Resource> type) {
            super("wasi:cli/".concat(name), List.of(new ResourceType(name, type)));
        }

        @Override
        Object call(String function, Object[] a) {
            throw unknown(function);
        }
    }

    private static final class Terminal extends HostInterface {
        private final FileDescriptor stream;
        private final boolean isInput;

        Terminal(FileDescriptor stream, String name) {
            super("wasi:cli/terminal-".concat(name), List.of(), "get-terminal-".concat(name));
            this.stream = stream;
            this.isInput = name.equals("stdin");
        }

        @Override
        Object call(String function, Object[] a) throws IOException {
            if (stream.type() != FileType.CHARACTER_DEVICE) {
                return Optional.empty();
            }
            return Optional.of(isInput ? new TerminalInput() : new TerminalOutput());
        }
    }
}
