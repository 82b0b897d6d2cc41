package kiln.codegen.x64;

import kiln.codegen.testing.Machine;

/** What the tests that all back ends share need to know of this one. */
final class X64 {
    static final Machine.Target TARGET =
            new Machine.Target("amd64", new X64Backend(), Stubs.image(), CpuFeatures.NAMES);

    private X64() {}
}
