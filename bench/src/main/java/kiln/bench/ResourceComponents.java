package kiln.bench;

/** Two components, one of which makes resources and the other uses them, in a loop of each. */
enum ResourceComponents {
    PASS("own there and back", "(local.set $h (call $pass (local.get $h)))"),
    LEND("borrow by its maker", "(local.set $sum (i32.add (local.get $sum) (call $look (local.get $h))))"),
    MAKE("made, own there, dropped", "(call $drop (call $make))"),
    LOCAL("resource.new, .rep, .drop", null);

    private static final int OWN = 0x69;
    private static final int BORROW = 0x68;
    private static final int U32 = 0x79;

    private final String what;
    /** What the user does each time; null if the maker's own loop is called. */
    private final String body;

    ResourceComponents(String what, String body) {
        this.what = what;
        this.body = body;
    }

    @Override
    public String toString() {
        return what;
    }

    /** Six types from number 2 on: both handles, and functions that make, pass, look at one, and loop. */
    private static ComponentBytes types(ComponentBytes c, int resource) {
        return c.section(
                7, 6, OWN, resource, BORROW, resource, 0x40, 0, 0, 2, 0x40, 1, "p", 2, 0, 2, 0x40, 1, "p", 3, 0, U32,
                0x40, 1, "p", U32, 0, U32);
    }

    private static byte[] maker() {
        String text = """
                (module
                  (import "h" "new" (func $new (param i32) (result i32)))
                  (import "h" "rep" (func $rep (param i32) (result i32)))
                  (import "h" "drop" (func $drop (param i32)))
                  (func (export "make") (result i32) (call $new (i32.const 7)))
                  (func (export "pass") (param i32) (result i32) (local.get 0))
                  (func (export "look") (param i32) (result i32) (local.get 0))
                  (func (export "loop") (param $n i32) (result i32) (local $h i32) (local $sum i32)
                    (loop $again
                      (local.set $h (call $new (local.get $n)))
                      (local.set $sum (i32.add (local.get $sum) (call $rep (local.get $h))))
                      (call $drop (local.get $h))
                      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
                    (local.get $sum)))
                """;
        return types(
                        ComponentBytes.component()
                                .section(7, 1, 0x3f, 0x7f, 0)
                                .section(8, 3, 2, 0, 4, 0, 3, 0)
                                .module(text)
                                .section(2, 2, 1, 3, "new", 0, 0, "rep", 0, 1, "drop", 0, 2, 0, 0, 1, "h", 0x12, 0)
                                .section(
                                        6, 4, 0, 0, 1, 1, "make", 0, 0, 1, 1, "pass", 0, 0, 1, 1, "look", 0, 0, 1, 1,
                                        "loop")
                                .section(11, 1, 0, "r", 3, 0, 0),
                        1)
                .section(8, 4, 0, 0, 3, 0, 4, 0, 0, 4, 0, 5, 0, 0, 5, 0, 6, 0, 0, 6, 0, 7)
                .section(11, 4, 0, "make", 1, 0, 0, 0, "pass", 1, 1, 0, 0, "look", 1, 2, 0, 0, "loop", 1, 3, 0)
                .toArray();
    }

    private byte[] user() {
        String code = body == null
                ? "(local.set $sum (call $loop (local.get $n)))"
                : "(local.set $h (call $make)) (loop $again " + body
                        + " (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))";
        String text = """
                (module
                  (import "h" "make" (func $make (result i32)))
                  (import "h" "pass" (func $pass (param i32) (result i32)))
                  (import "h" "look" (func $look (param i32) (result i32)))
                  (import "h" "loop" (func $loop (param i32) (result i32)))
                  (import "h" "drop" (func $drop (param i32)))
                  (func (export "run") (param $n i32) (param $length i32) (result i32) (local $h i32) (local $sum i32)
                    %s
                    (local.get $sum)))
                """.formatted(code);
        return types(
                        ComponentBytes.component()
                                .section(10, 1, 0, "r", 3, 1)
                                .section(7, 1, 0x40, 2, "n", U32, "l", U32, 0, U32),
                        0)
                .section(10, 4, 0, "make", 1, 4, 0, "pass", 1, 5, 0, "look", 1, 6, 0, "loop", 1, 7)
                .section(8, 5, 1, 0, 0, 0, 1, 0, 1, 0, 1, 0, 2, 0, 1, 0, 3, 0, 3, 0)
                .module(text)
                .section(
                        2, 2, 1, 5, "make", 0, 0, "pass", 0, 1, "look", 0, 2, "loop", 0, 3, "drop", 0, 4, 0, 0, 1, "h",
                        0x12, 0)
                .section(6, 1, 0, 0, 1, 1, "run")
                .section(8, 1, 0, 0, 5, 0, 1)
                .section(11, 1, 0, "run", 1, 4, 0)
                .toArray();
    }

    /** A component whose export "run" {@code (n, _)} does it so many times. */
    byte[] bytes() {
        return ComponentBytes.component()
                .bytes(4, maker())
                .bytes(4, user())
                .section(5, 1, 0, 0, 0)
                .section(6, 5, 3, 0, 0, "r", 1, 0, 0, "make", 1, 0, 0, "pass", 1, 0, 0, "look", 1, 0, 0, "loop")
                .section(5, 1, 0, 1, 5, "r", 3, 0, "make", 1, 0, "pass", 1, 1, "look", 1, 2, "loop", 1, 3)
                .section(6, 1, 1, 0, 1, "run")
                .section(11, 1, 0, "run", 1, 4, 0)
                .toArray();
    }
}
