/**
 * WebAssembly components: {@link kiln.runtime.component.Component} is loaded from a compiled file,
 * {@link kiln.runtime.component.ComponentLinker} gives it what it imports and makes instances, whose functions take and
 * return values of Java.
 *
 * <p>Without declarations in Java, values are of these classes:
 *
 * <table>
 * <caption>Types of WIT and generic values</caption>
 * <tr><th>WIT</th><th>Java</th></tr>
 * <tr><td>bool</td><td>Boolean</td></tr>
 * <tr><td>s8, u8; s16, u16; s32, u32; s64, u64</td><td>Byte; Short; Integer; Long, the same bits</td></tr>
 * <tr><td>f32, f64</td><td>Float, Double</td></tr>
 * <tr><td>char</td><td>Integer, a code point</td></tr>
 * <tr><td>string</td><td>String</td></tr>
 * <tr><td>list of bool or numbers</td>
 * <td>boolean[], byte[], short[], int[], long[], float[], double[]; a List of values is taken, too</td></tr>
 * <tr><td>other lists</td><td>List of values</td></tr>
 * <tr><td>map</td><td>Map</td></tr>
 * <tr><td>record, tuple</td><td>List of values, in the order of the type</td></tr>
 * <tr><td>variant</td><td>{@link kiln.runtime.component.Variant}</td></tr>
 * <tr><td>enum</td><td>String, the label</td></tr>
 * <tr><td>flags</td><td>Set of labels</td></tr>
 * <tr><td>option</td><td>Optional</td></tr>
 * <tr><td>result</td><td>{@link kiln.runtime.component.Result}; a missing payload is null</td></tr>
 * <tr><td>own and borrow of a resource that the host defines</td><td>the object, the same one each time</td></tr>
 * <tr><td>own and borrow of a resource that the component defines</td>
 * <td>{@link kiln.runtime.component.GuestResource}</td></tr>
 * </table>
 *
 * <p>With interfaces that are declared in Java, as {@link kiln.runtime.component.ComponentInstance#bind} and {@link
 * kiln.runtime.component.ComponentLinker#with} take them, records are records of Java, tuples records with as many
 * components ({@link kiln.runtime.component.Tuple2} and so on), variants sealed interfaces with a record for each case,
 * enums are enums, flags an EnumSet, resources interfaces, and a result is also its value and a checked exception with
 * the error.
 */
package kiln.runtime.component;
