/**
 * The intermediate representation: functions of basic blocks in SSA form, with block parameters in place of
 * phi functions. {@link kiln.ir.Builder} and {@link kiln.ir.SsaBuilder} make it, {@link kiln.ir.Printer} and {@link
 * kiln.ir.Parser} are its text form, {@link kiln.ir.analysis.Verifier} checks it.
 */
package kiln.ir;
