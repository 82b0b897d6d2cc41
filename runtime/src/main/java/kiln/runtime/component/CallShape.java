package kiln.runtime.component;

import java.util.ArrayList;
import java.util.List;
import kiln.artifact.component.FunctionType;
import kiln.artifact.component.InterfaceType;
import kiln.artifact.component.TypeKind;
import kiln.artifact.component.ValueLayout;

/**
 * What a function's type says about passing its values, found out once.
 *
 * @param spillsParams whether the parameters are one tuple in memory
 * @param flatParams core values that the parameters are, if they are not
 * @param tuple the layout of that tuple
 * @param spillsResult whether the result is in memory
 */
record CallShape(FunctionType type, boolean spillsParams, int flatParams, ValueLayout tuple, boolean spillsResult) {
    CallShape(FunctionType type) {
        this(type, type.spillsParams(), type.flatParams().size(), tuple(type), type.spillsResult());
    }

    private static ValueLayout tuple(FunctionType type) {
        List<ValueLayout> layouts = new ArrayList<>();
        for (InterfaceType t : type.params()) {
            layouts.add(t.layout());
        }
        return ValueLayout.of(TypeKind.TUPLE, 0, layouts, 0, false);
    }
}
