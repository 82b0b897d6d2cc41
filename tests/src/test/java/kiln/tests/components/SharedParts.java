package kiln.tests.components;

/** Records whose values are four times as large each, by sharing. */
final class SharedParts {
    /** Of four numbers. */
    public record P0(byte a, byte b, byte c, byte d) {}

    /** Of 16, and so on. */
    public record P1(P0 a, P0 b, P0 c, P0 d) {}

    /** Of 64. */
    public record P2(P1 a, P1 b, P1 c, P1 d) {}

    /** Of 256. */
    public record P3(P2 a, P2 b, P2 c, P2 d) {}

    /** Of 1,024. */
    public record P4(P3 a, P3 b, P3 c, P3 d) {}

    /** Of 4,096. */
    public record P5(P4 a, P4 b, P4 c, P4 d) {}

    /** Of 16,384. */
    public record P6(P5 a, P5 b, P5 c, P5 d) {}

    /** Of 65,536. */
    public record P7(P6 a, P6 b, P6 c, P6 d) {}

    /** Of 262,144. */
    public record P8(P7 a, P7 b, P7 c, P7 d) {}

    /** A large value. */
    public interface Shared {
        P8 f(P8 a);
    }

    private SharedParts() {}

    static P8 value() {
        P0 p0 = new P0((byte) 1, (byte) -2, (byte) 3, (byte) -4);
        P1 p1 = new P1(p0, p0, p0, p0);
        P2 p2 = new P2(p1, p1, p1, p1);
        P3 p3 = new P3(p2, p2, p2, p2);
        P4 p4 = new P4(p3, p3, p3, p3);
        P5 p5 = new P5(p4, p4, p4, p4);
        P6 p6 = new P6(p5, p5, p5, p5);
        P7 p7 = new P7(p6, p6, p6, p6);
        return new P8(p7, p7, p7, p7);
    }
}
