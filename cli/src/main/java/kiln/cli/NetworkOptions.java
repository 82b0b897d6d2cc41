package kiln.cli;

import kiln.wasi.p2.AddressUse;
import kiln.wasi.p2.Wasi2;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** What a component may do in the network. */
final class NetworkOptions {
    private final OptionSpec tcp =
            Options.flag("--tcp", "Let a component listen and connect by TCP, at all addresses that this machine has.");
    private final OptionSpec udp = Options.flag("--udp", "Let a component send and receive by UDP, likewise.");
    private final OptionSpec dns = Options.flag("--allow-dns", "Let a component look up the addresses of names.");
    private final OptionSpec http = Options.flag("--http", "Let a component send requests of HTTP, to any server.");

    void addTo(CommandSpec command) {
        Options.add(command, tcp, udp, dns, http);
    }

    void apply(Wasi2.Builder wasi) {
        boolean withTcp = tcp.<Boolean>getValue();
        boolean withUdp = udp.<Boolean>getValue();
        if (withTcp || withUdp) {
            wasi.network(
                    (address, use) -> use == AddressUse.TCP_BIND || use == AddressUse.TCP_CONNECT ? withTcp : withUdp);
        }
        if (dns.<Boolean>getValue()) {
            wasi.nameLookup(name -> true);
        }
        if (http.<Boolean>getValue()) {
            wasi.http(uri -> true);
        }
    }
}
