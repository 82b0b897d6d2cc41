package kiln.ir.pass;

import java.util.Set;
import kiln.ir.Function;

/**
 * {@link Simplify} once more, behind the passes that merge and move what was simplified. In nearly all functions it
 * finds nothing; only where it does is what that leaves taken away, by {@link DeadCode} and {@link CleanUp}.
 */
final class SimplifyAgain implements Pass {
    @Override
    public String name() {
        return "simplify-again";
    }

    @Override
    public Set<Property> establishes() {
        return Set.of(Property.SIMPLIFIED);
    }

    @Override
    public void run(Function f) {
        if (new Simplify().apply(f)) {
            new DeadCode().run(f);
            new CleanUp().run(f);
        }
    }
}
