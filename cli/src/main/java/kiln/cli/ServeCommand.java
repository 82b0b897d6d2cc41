package kiln.cli;

import java.io.IOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import kiln.artifact.Printable;
import kiln.compiler.CodeCache;
import kiln.compiler.CompilerOptions;
import kiln.runtime.Engine;
import kiln.runtime.StoreLimits;
import kiln.runtime.TrapException;
import kiln.runtime.component.Component;
import kiln.wasi.p2.HttpService;
import kiln.wasi.p2.Wasi2;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** {@code kiln serve}. */
final class ServeCommand implements Callable<Integer> {
    private final PositionalParamSpec program =
            Options.parameter(Path.class, "FILE", "The component: .wasm or .cwasm, told apart by content.");
    private final OptionSpec address = Options.value(
            String.class, "--addr", "HOST:PORT", "Where to listen (default: 127.0.0.1:8080; port 0: any).");
    private final OptionSpec requests = Options.value(
            Integer.class,
            "--requests",
            "N",
            "Requests served at the same time; others wait (default: twice the number of processors).");
    private final OptionSpec timeout = Options.value(
            String.class, "--timeout", "TIME", "Stop an instance after this time, in seconds or with a unit: 100ms.");
    private final OptionSpec readTimeout = Options.value(
            String.class,
            "--read-timeout",
            "TIME",
            "Close a connection that keeps waiting this long for the head of a request, "
                    + "or the next piece of its body (default: 30s).");
    private final OptionSpec maxMemory = Options.value(
            String.class, "--max-memory", "SIZE", "The memories of one instance together have at most this size.");
    private final OptionSpec noCache = Options.flag("--no-cache", "Do not use or fill the cache of compiled code.");
    private final OptionSpec noServer = Compilation.noServerOption();
    private final GuestOptions guest = new GuestOptions();
    private final NetworkOptions network = new NetworkOptions();
    private final CompileOptions compile = CompileOptions.forThisMachine();

    CommandSpec spec() {
        CommandSpec spec = CommandSpec.wrapWithoutInspection(this).name("serve");
        spec.usageMessage()
                .description(
                        "Serves HTTP with a component that exports wasi:http/incoming-handler: "
                                + "each request gets a fresh instance.",
                        "Runs until it is interrupted.");
        spec.addPositional(program);
        Options.add(spec, address, requests, timeout, readTimeout, maxMemory, noCache, noServer);
        guest.addTo(spec);
        network.addTo(spec);
        compile.addTo(spec);
        Options.addStandard(spec);
        return spec;
    }

    @Override
    public Integer call() throws Exception {
        Path file = program.getValue();
        CompilerOptions options = compile.toHostOptions();
        Duration limit = Duration.ZERO;
        if (timeout.getValue() != null) {
            limit = Duration.ofNanos(Quantities.nanos("--timeout", timeout.getValue()));
            options = options.withInterruptible(true);
            if (!ModuleFiles.isInterruptible(InputFile.check(file))) {
                throw new UserError(file, "--timeout cannot stop it: it was compiled without --interruptible");
            }
        }
        if (!ModuleFiles.isComponent(InputFile.check(file))) {
            throw new UserError(file, "this is no component");
        }
        StoreLimits limits = StoreLimits.DEFAULT;
        if (maxMemory.getValue() != null) {
            limits = limits.withTotalMemoryBytes(Quantities.bytes("--max-memory", maxMemory.getValue()));
        }
        CodeCache cache = noCache.<Boolean>getValue() ? null : CodeCache.ofUser();
        try (Engine engine = new Engine();
                Component component =
                        ModuleFiles.loadComponent(engine, file, options, cache, noServer.<Boolean>getValue())) {
            HttpService.Builder service = HttpService.builder(component)
                    .address(listenAt())
                    .guests(() -> wasi(file))
                    .limits(limits)
                    .timeout(limit)
                    .failures(ServeCommand::report);
            if (requests.getValue() != null) {
                service.requests(requests.<Integer>getValue());
            }
            if (readTimeout.getValue() != null) {
                service.readTimeout(Duration.ofNanos(Quantities.nanos("--read-timeout", readTimeout.getValue())));
            }
            // What is wrong with the options is found before the first request.
            wasi(file).build().close();
            try (HttpService running = service.start()) {
                InetSocketAddress at = running.address();
                System.out.println("serving at http://" + at.getHostString() + ":" + at.getPort() + "/");
                System.out.flush();
                new CountDownLatch(1).await();
            }
            return 0;
        } catch (NoSuchElementException | IllegalArgumentException e) {
            throw new UserError(file, e.getMessage());
        } catch (BindException e) {
            throw new UserError("--addr " + Printable.name(addressText()) + ": " + e.getMessage());
        }
    }

    private Wasi2.Builder wasi(Path file) {
        // Standard input is nobody's who sends a request.
        Wasi2.Builder wasi = Wasi2.builder().stdout(System.out).stderr(System.err);
        wasi.args(List.of(guest.programName(file)));
        guest.apply(wasi);
        network.apply(wasi);
        return wasi;
    }

    private String addressText() {
        String text = address.getValue();
        return text == null ? "127.0.0.1:8080" : text;
    }

    private InetSocketAddress listenAt() throws IOException {
        String text = addressText();
        int colon = text.lastIndexOf(':');
        try {
            int port = Integer.parseInt(text.substring(colon + 1));
            if (colon > 0 && port >= 0 && port <= 0xffff) {
                String host = text.substring(0, colon);
                return new InetSocketAddress(InetAddress.getByName(host), port);
            }
        } catch (NumberFormatException _) {
            // Said below.
        } catch (UnknownHostException e) {
            throw new UserError("--addr " + Printable.name(text) + ": no such host");
        }
        throw new UserError("--addr " + Printable.name(text) + ": not of the form HOST:PORT");
    }

    private static void report(Throwable e) {
        if (e instanceof TrapException trap) {
            RunCommand.report(trap, 0);
        } else {
            System.err.println("kiln: " + Printable.name(String.valueOf(e.getMessage())));
        }
    }
}
