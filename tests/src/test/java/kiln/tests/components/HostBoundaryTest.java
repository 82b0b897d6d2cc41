package kiln.tests.components;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import kiln.artifact.api.TrapCode;
import kiln.compiler.CompilerOptions;
import kiln.runtime.Engine;
import kiln.runtime.Store;
import kiln.runtime.TrapException;
import kiln.runtime.component.Component;
import kiln.runtime.component.ComponentHostFunction;
import kiln.runtime.component.ComponentInstance;
import kiln.runtime.component.ComponentLinker;
import kiln.runtime.component.GuestResource;
import kiln.tests.cross.CrossCompiler;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What happens between Java and a component when one of them does not behave. */
class HostBoundaryTest {
    private final Engine engine = new Engine();
    private final Store store = new Store(engine);
    private final ComponentLinker linker = new ComponentLinker(engine);

    @AfterEach
    void close() {
        store.close();
        engine.close();
    }

    private ComponentInstance make(ComponentBytes c) {
        byte[] compiled = CrossCompiler.compile(
                "component", c.bytes(), CompilerOptions.defaults().withJobs(1));
        return linker.instantiate(store, Component.load(engine, compiled));
    }

    private static TrapException trap(ComponentInstance i, String function, Object... args) {
        return assertThrows(TrapException.class, () -> i.func(function).invoke(args));
    }

    /** Passes its string to {@code host} and returns what that returns; {@code twice} adds two numbers. */
    private static ComponentBytes echo(String realloc) {
        ComponentBytes c = new ComponentBytes();
        int type = c.funcType(ComponentBytes.STRING, ComponentBytes.STRING);
        int host = c.importFunc("host", type);
        int memoryModule = c.module("""
                (module
                  (memory (export "memory") 1)
                  (global $next (mut i32) (i32.const 1024))
                  (func (export "realloc") (param $old i32) (param $size i32) (param $align i32) (param $new i32)
                      (result i32)
                    %s))
                """.formatted(realloc));
        int memoryInstance = c.instantiate(memoryModule, -1);
        int reallocFunc = c.coreFunc(memoryInstance, "realloc");
        int memory = c.memory(memoryInstance, "memory");
        int lowered = c.lower(host, ComponentBytes.options(memory, reallocFunc));
        int imports = c.coreExports(Map.of("host", lowered));
        int module = c.module("""
                (module
                  (import "" "host" (func $host (param i32 i32 i32)))
                  (func (export "echo") (param i32 i32) (result i32)
                    (call $host (local.get 0) (local.get 1) (i32.const 16))
                    (i32.const 16))
                  (func (export "add") (param i32 i32) (result i32)
                    (i32.add (local.get 0) (local.get 1))))
                """);
        int instance = c.instantiate(module, imports);
        c.exportFunc("echo", c.lift(c.coreFunc(instance, "echo"), type, ComponentBytes.options(memory, reallocFunc)));
        int add = c.funcType(ComponentBytes.U32, ComponentBytes.U32, ComponentBytes.U32);
        c.exportFunc("add", c.lift(c.coreFunc(instance, "add"), add, List.of()));
        return c;
    }

    private static final String BUMP = """
            (global.set $next (i32.and (i32.add (global.get $next) (i32.const 15)) (i32.const -16)))
            (global.get $next)
            (global.set $next (i32.add (global.get $next) (local.get $new)))
            """;

    private ComponentInstance echo(String realloc, ComponentHostFunction host) {
        linker.func("", "host", host);
        return make(echo(realloc));
    }

    @Test
    void stringsGoThroughBothWays() {
        ComponentInstance i = echo(BUMP, (_, args) -> args[0] + "!");
        for (String s : List.of("", "abc", "\u20ac and \ud83d\ude00")) {
            assertEquals(s + "!", i.func("echo").invoke(s));
        }
    }

    @Test
    void callingBackIsATrapThatNamesTheCallWhichIsInside() {
        AtomicReference<ComponentInstance> self = new AtomicReference<>();
        AtomicReference<TrapException> seen = new AtomicReference<>();
        ComponentInstance i = echo(BUMP, (_, args) -> {
            seen.set(trap(self.get(), "add", 1, 2));
            return args[0];
        });
        self.set(i);
        // The trap was the host function's to handle: nothing of the component was disturbed.
        assertEquals("x", i.func("echo").invoke("x"));
        assertEquals(TrapCode.CANNOT_ENTER_COMPONENT, seen.get().code());
        assertEquals(
                "cannot enter component instance: echo is inside", seen.get().getMessage());
        assertEquals(3, i.func("add").invoke(1, 2));
    }

    /** Also checked ones: the same object comes out. Then the instance stays closed, and says since when. */
    @Test
    void anExceptionOfJavaPassesThroughAndClosesTheInstance() {
        IOException thrown = new IOException("disk full");
        ComponentInstance i = echo(BUMP, (_, _) -> {
            throw thrown;
        });
        assertSame(thrown, assertThrows(IOException.class, () -> i.func("echo").invoke("x")));
        TrapException t = trap(i, "add", 1, 2);
        assertEquals(TrapCode.CANNOT_ENTER_COMPONENT, t.code());
        assertSame(thrown, t.getCause());
    }

    @Test
    void argumentsThatDoNotFitLeaveTheInstanceUsable() {
        ComponentInstance i = echo(BUMP, (_, args) -> args[0]);
        assertThrows(IllegalArgumentException.class, () -> i.func("echo").invoke("\udc00"));
        assertThrows(IllegalArgumentException.class, () -> i.func("echo").invoke(1));
        assertThrows(IllegalArgumentException.class, () -> i.func("echo").invoke());
        assertEquals("x", i.func("echo").invoke("x"));
    }

    @Test
    void aHostFunctionsResultMustFit() {
        ComponentInstance i = echo(BUMP, (_, _) -> 7);
        String m = assertThrows(
                        IllegalArgumentException.class, () -> i.func("echo").invoke("x"))
                .getMessage();
        assertEquals("host: result: a string is a String, not java.lang.Integer", m);
        assertEquals(TrapCode.CANNOT_ENTER_COMPONENT, trap(i, "add", 1, 2).code());
    }

    @Test
    void addressesThatReallocInventsAreTraps() {
        ComponentHostFunction same = (_, args) -> args[0];
        assertEquals(
                TrapCode.REALLOC_OUT_OF_BOUNDS,
                trap(echo("(i32.const -8)", same), "echo", "abc").code());
        assertEquals(
                TrapCode.REALLOC_OUT_OF_BOUNDS,
                trap(echo("(i32.const 65534)", same), "echo", "abc").code());
        assertEquals(
                TrapCode.UNREACHABLE,
                trap(echo("(unreachable)", same), "echo", "abc").code());
        ComponentInstance grows = echo("(drop (memory.grow (i32.const 1))) (i32.const 65536)", same);
        assertEquals("abc", grows.func("echo").invoke("abc"));
    }

    // ---- resources

    /** Functions over a resource of the host's, by handles that the component keeps as they are. */
    private ComponentInstance withHostResource(List<Object> dropped) {
        ComponentBytes c = new ComponentBytes();
        int r = c.importResource("r");
        int own = c.own(r);
        int borrow = c.borrow(r);
        int make = c.importFunc("make", c.funcType(own));
        int look = c.importFunc("look", c.funcType(ComponentBytes.U32, borrow));
        int imports = c.coreExports(Map.of(
                "make", c.lower(make, List.of()),
                "look", c.lower(look, List.of()),
                "drop", c.resourceDrop(r)));
        int module = c.module("""
                (module
                  (import "" "make" (func $make (result i32)))
                  (import "" "look" (func $look (param i32) (result i32)))
                  (import "" "drop" (func $drop (param i32)))
                  (func (export "new") (result i32) (call $make))
                  (func (export "look") (param i32) (result i32) (call $look (local.get 0)))
                  (func (export "drop") (param i32) (call $drop (local.get 0)))
                  (func (export "give") (param i32) (result i32) (local.get 0))
                  (func (export "take") (param i32) (result i32) (local.get 0))
                  (func (export "keep") (param i32))
                  (func (export "storm") (param i32) (result i32)
                    (loop $l
                      (drop (call $make))
                      (br_if $l (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
                    (call $make)))
                """);
        int i = c.instantiate(module, imports);
        int u32ToU32 = c.funcType(ComponentBytes.U32, ComponentBytes.U32);
        c.exportFunc("new", c.lift(c.coreFunc(i, "new"), c.funcType(ComponentBytes.U32), List.of()));
        c.exportFunc("look", c.lift(c.coreFunc(i, "look"), u32ToU32, List.of()));
        c.exportFunc(
                "drop", c.lift(c.coreFunc(i, "drop"), c.funcType(ComponentBytes.NONE, ComponentBytes.U32), List.of()));
        c.exportFunc("give", c.lift(c.coreFunc(i, "give"), c.funcType(own, ComponentBytes.U32), List.of()));
        c.exportFunc("take", c.lift(c.coreFunc(i, "take"), c.funcType(ComponentBytes.U32, own), List.of()));
        c.exportFunc("keep", c.lift(c.coreFunc(i, "keep"), c.funcType(ComponentBytes.NONE, borrow), List.of()));
        c.exportFunc("drop-lent", c.lift(c.coreFunc(i, "drop"), c.funcType(ComponentBytes.NONE, borrow), List.of()));
        c.exportFunc("storm", c.lift(c.coreFunc(i, "storm"), u32ToU32, List.of()));
        linker.resource("", "r", StringBuilder.class, dropped::add);
        return make(c);
    }

    @Test
    void objectsOfJavaKeepTheirIdentityAndAreDroppedOnce() {
        List<Object> dropped = new ArrayList<>();
        List<Object> seen = new ArrayList<>();
        StringBuilder one = new StringBuilder("one");
        linker.func("", "make", (_, _) -> one).func("", "look", (_, args) -> {
            seen.add(args[0]);
            return 5;
        });
        ComponentInstance i = withHostResource(dropped);
        assertEquals(1, i.func("new").invoke());
        assertEquals(2, i.func("new").invoke());
        assertEquals(5, i.func("look").invoke(2));
        assertSame(one, seen.getFirst());
        i.func("drop").invoke(1);
        assertEquals(List.of(), dropped, "another handle still owns it");
        assertSame(one, i.func("give").invoke(2));
        assertEquals(List.of(), dropped, "it was given back, not dropped");
        assertEquals(2, i.func("take").invoke(one), "the number that was freed last comes first");
        i.func("drop").invoke(2);
        assertEquals(1, dropped.size());
        assertSame(one, dropped.getFirst());
        i.func("drop-lent").invoke(one);
        assertEquals(1, dropped.size(), "what is lent is not dropped with its handle");
        assertThrows(IllegalArgumentException.class, () -> i.func("take").invoke("no StringBuilder"));
    }

    @Test
    void handlesThatAreNoneTrap() {
        linker.func("", "make", (_, _) -> new StringBuilder()).func("", "look", (_, _) -> 1);
        for (int handle : new int[] {0, -1, 1, 1 << 28}) {
            TrapException t = trap(withHostResource(new ArrayList<>()), "look", handle);
            assertEquals("unknown handle index " + Integer.toUnsignedString(handle), t.getMessage());
        }
        ComponentInstance i = withHostResource(new ArrayList<>());
        i.func("new").invoke();
        i.func("drop").invoke(1);
        assertEquals("unknown handle index 1", trap(i, "drop", 1).getMessage());
    }

    @Test
    void whatWasLentMustBeDroppedBeforeTheCallEnds() {
        linker.func("", "make", (_, _) -> new StringBuilder()).func("", "look", (_, _) -> 1);
        ComponentInstance i = withHostResource(new ArrayList<>());
        assertEquals(
                TrapCode.BORROWS_REMAIN, trap(i, "keep", new StringBuilder()).code());
    }

    /** The table grows, and the store is closed with all of them open. */
    @Test
    void manyHandlesAreLimitedAndGoWithTheStore() {
        List<Object> dropped = new ArrayList<>();
        StringBuilder one = new StringBuilder();
        linker.func("", "make", (_, _) -> one).func("", "look", (_, _) -> 1);
        ComponentInstance i = withHostResource(dropped);
        assertEquals(20_001, i.func("storm").invoke(20_000));
        assertSame(one, i.func("give").invoke(12_345));
        assertEquals(12_345, i.func("take").invoke(one));
        TrapException t = trap(i, "storm", 1_000_000);
        assertEquals(TrapCode.ALLOCATION_TOO_LARGE, t.code());
        assertEquals(List.of(), dropped);
    }

    /** A resource of the component's with a destructor that traps for 13 and counts. */
    private ComponentInstance withGuestResource() {
        ComponentBytes c = new ComponentBytes();
        int module = c.module("""
                (module
                  (global $sum (mut i32) (i32.const 0))
                  (func (export "destroy") (param i32)
                    (if (i32.eq (local.get 0) (i32.const 13)) (then unreachable))
                    (global.set $sum (i32.add (global.get $sum) (local.get 0))))
                  (func (export "sum") (result i32) (global.get $sum)))
                """);
        int inner = c.instantiate(module, -1);
        int r = c.resource(c.coreFunc(inner, "destroy"));
        int imports = c.coreExports(Map.of("new", c.resourceNew(r), "rep", c.resourceRep(r)));
        int outer = c.instantiate(c.module("""
                (module
                  (import "" "new" (func $new (param i32) (result i32)))
                  (import "" "rep" (func $rep (param i32) (result i32)))
                  (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
                  (func (export "look") (param i32) (result i32) (local.get 0))
                  (func (export "take") (param i32) (result i32) (call $rep (local.get 0))))
                """), imports);
        int exported = c.exportType("r", r);
        int own = c.own(exported);
        int borrow = c.borrow(exported);
        c.exportFunc("make", c.lift(c.coreFunc(outer, "make"), c.funcType(own, ComponentBytes.U32), List.of()));
        c.exportFunc("look", c.lift(c.coreFunc(outer, "look"), c.funcType(ComponentBytes.U32, borrow), List.of()));
        c.exportFunc("take", c.lift(c.coreFunc(outer, "take"), c.funcType(ComponentBytes.U32, own), List.of()));
        c.exportFunc("sum", c.lift(c.coreFunc(inner, "sum"), c.funcType(ComponentBytes.U32), List.of()));
        return make(c);
    }

    @Test
    void resourcesOfTheComponentAreClosedOnceByTheirDestructor() {
        ComponentInstance i = withGuestResource();
        assertEquals(List.of("r"), i.component().resources());
        GuestResource seven = (GuestResource) i.func("make").invoke(7);
        assertEquals(7, i.func("look").invoke(seven));
        assertEquals(7, i.func("look").invoke(seven), "it was only lent");
        seven.close();
        seven.close();
        assertEquals(7, i.func("sum").invoke());
        assertFalse(seven.isValid());
        assertThrows(IllegalArgumentException.class, () -> i.func("look").invoke(seven));
        GuestResource given = (GuestResource) i.func("make").invoke(8);
        assertEquals(8, i.func("take").invoke(given));
        assertThrows(IllegalArgumentException.class, () -> i.func("take").invoke(given));
        given.close();
        assertEquals(7, i.func("sum").invoke(), "who gave it away does not destroy it");
        GuestResource ofAnother =
                (GuestResource) withGuestResource().func("make").invoke(1);
        assertThrows(IllegalArgumentException.class, () -> i.func("look").invoke(ofAnother));
    }

    @Test
    void aDestructorThatTrapsClosesTheInstance() {
        ComponentInstance i = withGuestResource();
        GuestResource bad = (GuestResource) i.func("make").invoke(13);
        GuestResource good = (GuestResource) i.func("make").invoke(1);
        assertEquals(
                TrapCode.UNREACHABLE,
                assertThrows(TrapException.class, bad::close).code());
        assertEquals(TrapCode.CANNOT_ENTER_COMPONENT, trap(i, "sum").code());
        good.close();
        assertFalse(good.isValid());
    }

    @Test
    void closingAResourceBehindItsStoreDoesNothing() {
        GuestResource r;
        try (Store other = new Store(engine)) {
            r = (GuestResource) linker.instantiate(other, withGuestResource().component())
                    .func("make")
                    .invoke(13);
        }
        r.close();
        assertFalse(r.isValid());
    }

    // ---- realloc and post-return

    /** Both call an import: of these the instance may not leave. */
    @Test
    void neitherReallocNorPostReturnMayCallImports() {
        List<Object> calls = new ArrayList<>();
        linker.func("", "host", (_, args) -> {
            calls.add(args.length);
            return null;
        });
        ComponentBytes c = new ComponentBytes();
        int host = c.importFunc("host", c.funcType(ComponentBytes.NONE));
        int imports = c.coreExports(Map.of("host", c.lower(host, List.of())));
        int i = c.instantiate(c.module("""
                (module
                  (import "" "host" (func $host))
                  (memory (export "memory") 1)
                  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (call $host) (i32.const 8))
                  (func (export "plain") (result i32) (call $host) (i32.const 1))
                  (func (export "post") (param i32) (call $host))
                  (func (export "take") (param i32 i32)))
                """), imports);
        int memory = c.memory(i, "memory");
        int realloc = c.coreFunc(i, "realloc");
        int post = c.coreFunc(i, "post");
        int plain = c.funcType(ComponentBytes.U32);
        c.exportFunc("plain", c.lift(c.coreFunc(i, "plain"), plain, List.of()));
        c.exportFunc("post", c.lift(c.coreFunc(i, "plain"), plain, ComponentBytes.options(memory, realloc, post)));
        c.exportFunc(
                "take",
                c.lift(
                        c.coreFunc(i, "take"),
                        c.funcType(ComponentBytes.NONE, ComponentBytes.STRING),
                        ComponentBytes.options(memory, realloc)));
        assertEquals(1, make(c).func("plain").invoke());
        assertEquals(List.of(0), calls);
        assertEquals(TrapCode.CANNOT_LEAVE_COMPONENT, trap(make(c), "take", "x").code());
        assertEquals(List.of(0), calls);
        ComponentInstance posted = make(c);
        assertEquals(TrapCode.CANNOT_LEAVE_COMPONENT, trap(posted, "post").code());
        assertEquals(List.of(0, 0), calls);
        assertTrue(trap(posted, "plain").getMessage().startsWith("cannot enter component instance"));
    }

    @Test
    void aStartFunctionThatTrapsLeavesNoInstance() {
        ComponentBytes c = new ComponentBytes();
        c.instantiate(c.module("(module (func $f unreachable) (start $f))"), -1);
        assertEquals(
                TrapCode.UNREACHABLE,
                assertThrows(TrapException.class, () -> make(c)).code());
    }
}
