package kiln.tests.components;

import static kiln.tests.ComponentBytes.ALIAS;
import static kiln.tests.ComponentBytes.CANON;
import static kiln.tests.ComponentBytes.CORE_INSTANCE;
import static kiln.tests.ComponentBytes.EXPORT;
import static kiln.tests.ComponentBytes.IMPORT;
import static kiln.tests.ComponentBytes.INSTANCE;
import static kiln.tests.ComponentBytes.TYPE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import kiln.artifact.component.ComponentPlan;
import kiln.artifact.component.ComponentPlan.CoreExport;
import kiln.artifact.component.ComponentPlan.InstanceItem;
import kiln.artifact.component.ComponentPlan.Item;
import kiln.artifact.component.ComponentPlan.LiftedItem;
import kiln.artifact.component.ComponentPlan.LowerImport;
import kiln.artifact.component.ComponentPlan.ResourceItem;
import kiln.component.ComponentDecoder;
import kiln.component.FlatComponent;
import kiln.component.Flattening;
import kiln.component.UnsupportedComponentException;
import kiln.tests.ComponentBytes;
import kiln.wasm.Features;
import org.junit.jupiter.api.Test;

/** What is left of small components without their nesting. */
class FlatteningTest {
    private static final int U32 = 0x79;

    private static FlatComponent flatten(ComponentBytes component) {
        return Flattening.flatten(ComponentDecoder.decodeWhole(component.toArray(), "test", Features.ALL));
    }

    private static String refused(ComponentBytes component) {
        return assertThrows(UnsupportedComponentException.class, () -> flatten(component))
                .getMessage();
    }

    /** Defines a resource with a destructor, and makes one. */
    private static ComponentBytes maker() {
        return new ComponentBytes()
                .module("(module (func (export \"make\") (result i32) (i32.const 1))"
                        + " (func (export \"drop\") (param i32)) (func (export \"unused\")))")
                .one(CORE_INSTANCE, 0, 0, 0)
                .one(ALIAS, 0, 0, 1, 0, "make")
                .one(ALIAS, 0, 0, 1, 0, "drop")
                .one(TYPE, 0x3f, 0x7f, 1, 1)
                .one(EXPORT, 0, "r", 3, 0, 0)
                .one(TYPE, 0x69, 1)
                .one(TYPE, 0x40, 0, 0, 2)
                .one(CANON, 0, 0, 0, 0, 3)
                .one(EXPORT, 0, "make", 1, 0, 0);
    }

    private static Map<String, Item> exports(ComponentPlan plan, String instance) {
        return ((InstanceItem) plan.exports().get(instance)).exports();
    }

    /** Two instances of a component have two resources, and functions of two types. */
    @Test
    void resourcesBelongToInstances() {
        FlatComponent flat = flatten(new ComponentBytes()
                .component(maker())
                .one(INSTANCE, 0, 0, 0)
                .one(INSTANCE, 0, 0, 0)
                .one(EXPORT, 0, "a", 5, 0, 0)
                .one(EXPORT, 0, "b", 5, 1, 0)
                .one(EXPORT, 0, "c", 5, 0, 0));
        ComponentPlan plan = flat.plan();
        assertEquals(List.of(-1, 0, 0), plan.parents());
        assertEquals(2, plan.resources().size());
        assertEquals(new CoreExport(1, "drop"), plan.resources().get(1).destructor());
        int a = ((ResourceItem) exports(plan, "a").get("r")).resource();
        int b = ((ResourceItem) exports(plan, "b").get("r")).resource();
        assertNotEquals(a, b);
        ComponentPlan.Lift makeA =
                plan.lifts().get(((LiftedItem) exports(plan, "a").get("make")).lift());
        ComponentPlan.Lift makeB =
                plan.lifts().get(((LiftedItem) exports(plan, "b").get("make")).lift());
        assertEquals(a, makeA.type().result().resource());
        assertEquals(b, makeB.type().result().resource());
        // The same thing twice is there once.
        assertEquals(exports(plan, "a"), exports(plan, "c"));
        assertEquals(2, plan.lifts().size());
        assertSame(flat.modules().get(0), flat.modules().get(1));
    }

    /** Imports that nothing calls need not be given. */
    @Test
    void onlyWhatIsUsed() {
        ComponentBytes c = new ComponentBytes()
                .one(TYPE, 0x40, 1, "x", U32, 0, U32)
                .one(IMPORT, 0, "unused", 1, 0)
                .one(IMPORT, 0, "lowered", 1, 0)
                .one(IMPORT, 0, "used", 1, 0)
                .one(CANON, 1, 0, 1, 0)
                .one(CANON, 1, 0, 2, 0)
                .one(CORE_INSTANCE, 1, 1, "f", 0, 1)
                .module("(module (import \"m\" \"f\" (func (param i32) (result i32))))")
                .one(CORE_INSTANCE, 0, 0, 1, "m", 0x12, 0);
        ComponentPlan plan = flatten(c).plan();
        assertEquals(List.of("used"), plan.imports().getFirst().path());
        assertEquals(1, plan.imports().size());
        assertEquals(
                0, assertInstanceOf(LowerImport.class, plan.canons().getFirst()).imported());
        assertEquals(1, plan.canons().size());
    }

    /** A function that was lowered, and lifted again, and so on. */
    private static ComponentBytes chain(int length) {
        ComponentBytes c =
                new ComponentBytes().one(TYPE, 0x40, 1, "x", U32, 0, U32).one(IMPORT, 0, "f", 1, 0);
        for (int i = 0; i < length; i++) {
            c.one(CANON, 1, 0, i, 0).one(CANON, 0, 0, i, 0, 0);
        }
        return c.one(EXPORT, 0, "g", 1, length, 0);
    }

    @Test
    void chainsHaveAnEnd() {
        ComponentPlan plan = flatten(chain(20)).plan();
        assertEquals(20, plan.lifts().size());
        assertEquals(20, plan.canons().size());
        assertEquals(new LiftedItem(19), plan.exports().get("g"));
        assertTrue(refused(chain(60)).contains("lifted and lowered more than 100 times"));
    }

    /** Each component makes two instances of the one before it, which is outside of it. */
    private static ComponentBytes doubling(int levels) {
        ComponentBytes c = new ComponentBytes()
                .component(new ComponentBytes().module("(module)").one(CORE_INSTANCE, 0, 0, 0));
        for (int i = 0; i < levels; i++) {
            c.component(new ComponentBytes()
                    .one(ALIAS, 4, 2, 1, i)
                    .one(INSTANCE, 0, 0, 0)
                    .one(INSTANCE, 0, 0, 0));
        }
        return c.one(INSTANCE, 0, levels, 0);
    }

    @Test
    void instancesHaveALimit() {
        ComponentPlan plan = flatten(doubling(5)).plan();
        assertEquals(32, plan.instances().size());
        assertEquals(1 + 63, plan.parents().size());
        assertEquals(0, plan.parents().get(1));
        assertTrue(refused(doubling(30)).contains("more than 1000 instances of core modules"));
    }

    /** Instances within instances, as deep as nothing sensible is. */
    @Test
    void depthHasALimit() {
        ComponentBytes c = new ComponentBytes().component(new ComponentBytes());
        for (int i = 0; i < 200; i++) {
            c.component(new ComponentBytes().one(ALIAS, 4, 2, 1, i).one(INSTANCE, 0, 0, 0));
        }
        assertTrue(refused(c.one(INSTANCE, 0, 200, 0)).contains("deeper than 100"));
    }
}
