/**
 * The optimisation passes and {@link kiln.ir.pass.Pipeline}, the lists of them. A pass keeps results, traps, the order
 * of calls and what memory holds at each of them; which of two equal traps is reported may change.
 */
package kiln.ir.pass;
