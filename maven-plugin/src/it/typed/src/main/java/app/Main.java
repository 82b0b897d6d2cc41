package app;

public class Main {
    public static void main(String[] args) {
        try (Adder adder = Adder.load((caller, n) -> 2 * n)) {
            System.out.println(adder.add_twice(20, 1) + " " + adder.scale(1.5, 2f) + " " + adder.pair(7)[0] + " "
                    + adder.memory().readString(16, 4));
        }
    }
}
